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

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u
const none = /\p{Mark}|\u200b|\u200c|\u200d/u

function widthOf(character: string): number {
  if (wide.test(character)) return 2
  return none.test(character) ? 0 : 1
}
