import { RegctlError } from '../model/errors.ts'

/** As `docker search` gives. */
export const defaultResults = 25

const longest = 256

/** The words to search for, in lower case as repositories are. @throws RegctlError USAGE when there are none, or far too many */
export function wordsOf(text: string): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length > 0 && text.length <= longest) return words
  throw new RegctlError('USAGE', words.length === 0 ? 'there is no word to search for' : 'these are too many words', {
    hint: 'name a part of a repository, such as nginx',
  })
}

/** Only Docker Hub has official images. */
export function noOfficials(registry: string): RegctlError {
  return new RegctlError('UNSUPPORTED', `${registry} has no official images: that is a word of Docker Hub's`, {
    hint: 'leave --official out',
  })
}
