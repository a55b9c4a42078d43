import type { Style } from './style.ts'

/** Columns that escaped text takes on a terminal: East Asian wide characters and emoji take two, marks none. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += widthOf(character)
  return width
}

/** The beginning that fits, with `…` (or `...`) where something is missing. */
export function cutToWidth(text: string, width: number, { unicode }: Pick<Style, 'unicode'>): string {
  if (displayWidth(text) <= width) return text
  const more = unicode ? '…' : '...'
  let kept = ''
  let room = width - more.length
  for (const character of text) {
    room -= widthOf(character)
    if (room < 0) break
    kept += character
  }
  return kept + more
}

/** Lines of at most this width: broken at blanks, else behind a separator (`linux/arm64/`, `oci-archive:`), and within a word only where there is none. */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  let isBroken = false
  for (const word of text.split(' ')) {
    const joined = line === '' && !isBroken ? word : `${line} ${word}`
    if (displayWidth(joined) <= width) line = joined
    else {
      if (line !== '') lines.push(line)
      line = ''
      for (const piece of piecesOf(word, width)) {
        if (line !== '' && displayWidth(line + piece) > width) {
          lines.push(line)
          line = ''
        }
        line += piece
      }
    }
    isBroken = true
  }
  lines.push(line)
  return lines
}

/** Columns of the longest piece that is never broken as long as there is room for it. */
export function longestWord(text: string): number {
  return text.split(' ').reduce((most, word) => Math.max(most, displayWidth(word)), 0)
}

/** A word as pieces that end in a separator, none wider than a line. */
function piecesOf(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word]
  return word.split(/(?<=[/,:;@=+_.-])/).flatMap(piece => chopped(piece, width))
}

function chopped(piece: string, width: number): string[] {
  if (displayWidth(piece) <= width) return [piece]
  const chops: string[] = []
  let chop = ''
  let taken = 0
  for (const character of piece) {
    const own = widthOf(character)
    if (chop !== '' && taken + own > width) {
      chops.push(chop)
      chop = ''
      taken = 0
    }
    chop += character
    taken += own
  }
  return [...chops, chop]
}

/** Lines of whole words; a word that is wider has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u
const none = /\p{Mark}|\u200b|\u200c|\u200d/u

function widthOf(character: string): number {
  if (wide.test(character)) return 2
  return none.test(character) ? 0 : 1
}
