import { RegctlError } from '../model/errors.ts'
import { parseToml } from './toml.ts'

/** A table's header and its lines, up to the last one that says something; offsets in characters. */
export interface Block {
  /** The header's name without brackets, as it is written: `host."https://mirror.example"`. */
  name: string
  isArray: boolean
  start: number
  end: number
}

const key = /(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')/.source
const header = new RegExp(`^\\s*(\\[\\[?)\\s*(${key}(?:\\s*\\.\\s*${key})*)\\s*\\]\\]?\\s*(?:#.*)?$`)

/** The tables of a document by their headers. What a string of several lines hides is found out by {@link agree}. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let offset = 0
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const start = offset
    offset += line.length
    const said = line.trimEnd()
    const [, open, name] = header.exec(said) ?? []
    if (name !== undefined) blocks.push({ name, isArray: open === '[[', start, end: start + said.length })
    else if (said.trim() !== '' && !said.trim().startsWith('#')) {
      const last = blocks.at(-1)
      if (last) last.end = start + said.length
    }
  }
  return blocks
}

/** Puts a table behind what ends at `at`, or before what begins there, with a blank line between. */
export function insertBlock(
  text: string,
  at: { after: number } | { before: number },
  lines: readonly string[],
): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const block = lines.join(eol)
  if ('before' in at) return text.slice(0, at.before) + block + eol + eol + text.slice(at.before)
  const gap = text.slice(0, at.after).trim() === '' ? '' : eol + eol
  return text.slice(0, at.after) + gap + block + text.slice(at.after)
}

/** Takes a table out, and the blank line with which {@link insertBlock} put it there. */
export function removeBlock(text: string, { start, end }: Pick<Block, 'start' | 'end'>): string {
  const before = text.slice(0, start).replace(/(?:[ \t]*\r?\n)+$/, '')
  if (before.trim() !== '') return before + text.slice(end)
  return text.slice(0, start) + text.slice(end).replace(/^(?:[ \t]*\r?\n)+/, '')
}

/** The second lock: the edited text means what the old one does, with the change and without any other. @throws RegctlError REFUSED */
export async function agree(edited: string, expected: unknown): Promise<void> {
  const got = await parseToml(edited, 'the edited text').catch(() => undefined)
  if (JSON.stringify(got) === JSON.stringify(expected)) return
  throw new RegctlError('REFUSED', 'it is written in a way that cannot be edited without changing more', {
    hint: 'write each mirror as a table with a header of its own, or edit the file by hand',
  })
}
