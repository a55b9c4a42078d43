/** A word as a POSIX shell takes it: in single quotes where it holds anything but letters, digits and harmless marks. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
