import picomatch from 'picomatch'
import { RegctlError } from './errors.ts'

/** Short enough that no pattern is slow to read (T26). */
const maxPatternLength = 1024
/** A registry chooses the names that a pattern meets, and each star multiplies the steps by the length of the name (T26). */
const maxStars = 4
/** The longest repository name that Docker takes; tags are shorter. */
const maxNameLength = 255

/**
 * A test for whole names, case-sensitive; `*` does not cross a slash, `**` does. Parentheses and `+` stand for themselves: an
 * expression such as `(a+)+` takes exponential time (T26).
 * @throws RegctlError `USAGE` for a pattern that is none
 */
export function glob(pattern: string, what: string): (name: string) => boolean {
  try {
    if (pattern.length > maxPatternLength) throw new Error('it is too long')
    if ((pattern.match(/\*+/g) ?? []).length > maxStars) throw new Error('it has too many stars')
    const matches = picomatch(pattern, { dot: true, strictBrackets: true, noextglob: true, regex: false })
    return name => name.length <= maxNameLength && matches(name)
  } catch (cause) {
    throw new RegctlError('USAGE', `${JSON.stringify(pattern.slice(0, 100))} is not a pattern for ${what}`, {
      hint: `use * for any text (up to ${maxStars} times), ? for one character, [a-z] for a range, {a,b} for a choice`,
      cause,
    })
  }
}
