import picomatch from 'picomatch'
import { RegctlError } from './errors.ts'

/** Short enough that no pattern is slow to read (T26). */
const maxPatternLength = 1024

/** A test for whole names, case-sensitive; `*` does not cross a slash. @throws RegctlError USAGE for a pattern that is none */
export function glob(pattern: string, what: string): (name: string) => boolean {
  try {
    if (pattern.length > maxPatternLength) throw new Error('it is too long')
    return picomatch(pattern, { dot: true, strictBrackets: true })
  } catch (cause) {
    throw new RegctlError('USAGE', `${JSON.stringify(pattern.slice(0, 100))} is not a pattern for ${what}`, {
      hint: 'use * for any text, ? for one character, [a-z] for a range, {a,b} for a choice',
      cause,
    })
  }
}
