import { InvalidContentError } from '../model/errors.ts'
import type { TarHeader } from './tar-header.ts'

/** What headers of their own say about the member that follows them. */
export interface Extension {
  name?: Buffer
  link?: Buffer
  size?: number
  isSparse?: true
}

/** Bytes of one extension header: extended attributes are the largest honest ones (T12). */
export const maxExtension = 1024 * 1024

const kinds = 'xgLK'

export function isExtension({ type }: TarHeader): boolean {
  return kinds.includes(type)
}

/** Adds what one extension header (pax `x` and `g`, GNU `L` and `K`) says. @throws InvalidContentError when it is malformed, or says what another has said (T11) */
export function extend(extension: Extension, { type }: TarHeader, content: Buffer, where: string): Extension {
  if (type === 'L') return merge(extension, { name: withoutEnd(content, where) }, where)
  if (type === 'K') return merge(extension, { link: withoutEnd(content, where) }, where)
  const said = fromRecords(content, where)
  if (type === 'x') return merge(extension, said, where)
  if (Object.keys(said).length > 0) throw new InvalidContentError(`${where}: a pax header names all members at once`)
  return extension
}

function merge(extension: Extension, said: Extension, where: string): Extension {
  if (Object.keys(said).some(key => key in extension)) {
    throw new InvalidContentError(`${where}: two extension headers describe one member`)
  }
  return { ...extension, ...said }
}

/** GNU ends a long name with a NUL; one inside would hide the rest from other readers (T8). */
function withoutEnd(content: Buffer, where: string): Buffer {
  const end = content.at(-1) === 0 ? content.length - 1 : content.length
  const name = content.subarray(0, end)
  if (name.includes(0)) throw new InvalidContentError(`${where}: a long name has a NUL inside`)
  return name
}

/** Records `LENGTH KEY=VALUE\n`; of them only names and sizes matter here (POSIX pax, "pax Extended Header"). */
function fromRecords(content: Buffer, where: string): Extension {
  const found: Extension = {}
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at)
    const digits = content.toString('latin1', at, Math.min(space, at + 9))
    const end = at + Number(digits)
    if (space === -1 || !/^[1-9]\d{0,7}$/.test(digits) || end > content.length || content[end - 1] !== 0x0a) {
      throw new InvalidContentError(`${where}: a pax header is malformed`)
    }
    const equals = content.indexOf(0x3d, space)
    if (equals === -1 || equals >= end) throw new InvalidContentError(`${where}: a pax header is malformed`)
    add(found, content.toString('latin1', space + 1, equals), content.subarray(equals + 1, end - 1), where)
    at = end
  }
  return found
}

function add(found: Extension, key: string, value: Buffer, where: string): void {
  if (key.startsWith('GNU.sparse.')) found.isSparse = true
  if (key !== 'path' && key !== 'linkpath' && key !== 'size') return
  // CVE-2026-59875: what is behind a NUL is there for one reader and not for another.
  if (value.includes(0)) throw new InvalidContentError(`${where}: "${key}" of a pax header has a NUL inside`)
  const field = key === 'path' ? 'name' : key === 'linkpath' ? 'link' : 'size'
  if (field in found) throw new InvalidContentError(`${where}: a pax header says "${key}" twice`)
  if (field !== 'size') found[field] = value
  else found.size = sizeOf(value.toString('latin1'), where)
}

function sizeOf(text: string, where: string): number {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new InvalidContentError(`${where}: the size of a member is impossible`)
  return size
}
