import { InvalidContentError } from '../model/errors.ts'
import type { RandomAccess } from './random-access.ts'
import type { Options } from './store.ts'
import { type Extension, extend, isExtension, maxExtension } from './tar-extension.ts'
import { blockSize, padding, parseHeader, type TarHeader } from './tar-header.ts'

/** Where a member's content lies in the archive. */
export interface Member {
  /** `other`: devices, pipes, sparse files and what else no image needs. */
  kind: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other'
  /** First byte of the content. */
  offset: number
  size: number
  /** Of a link, as it was written. */
  target: string
  /** Several members have this name: which one is meant depends on the reader (T11). */
  isAmbiguous: boolean
}

/** Image archives have a member a blob, and none has ten thousands (T12). */
const maxMembers = 100_000
/** Bytes; longer than any path that a system takes. */
const maxName = 4096
/** Links, devices, folders and pipes have no content: where a header claims some, two readers would go on at different places (T11). */
const withoutContent = '123456'

/**
 * Where everything is, by name, read from the headers alone: nothing is unpacked, and no name ever becomes a path (T8). Names are without `./`;
 * one that is not UTF-8 is passed over. @throws InvalidContentError for what is no tar archive, is cut short, or is made to mislead
 */
export async function indexTar(
  file: RandomAccess,
  where: string,
  { signal }: Options = {},
): Promise<ReadonlyMap<string, Member>> {
  const members = new Map<string, Member>()
  let extension: Extension = {}
  let count = 0
  for (let position = 0; ; ) {
    signal?.throwIfAborted()
    const block = await file.at(position, blockSize)
    if (position === 0) checkStart(block, where)
    // Some writers leave out the zeros at the end.
    if (block.length === 0) break
    if (block.length < blockSize) throw cutShort(where)
    const header = parseHeader(block, where)
    if (!header) break
    count += 1
    if (count > maxMembers) throw new InvalidContentError(`${where} has more than ${maxMembers} members`)
    const start = position + blockSize
    const size = isExtension(header) ? header.size : (extension.size ?? header.size)
    if (start + size > file.size) throw cutShort(where)
    if (isExtension(header)) {
      if (size > maxExtension) throw new InvalidContentError(`${where}: an extension header has ${size} bytes`)
      extension = extend(extension, header, await file.at(start, size), where)
    } else {
      add(members, memberOf(header, extension, start, where), where)
      extension = {}
    }
    position = start + size + padding(size)
  }
  if (Object.keys(extension).length > 0) throw cutShort(where)
  return members
}

interface Named {
  name: Buffer
  member: Member
}

function memberOf(header: TarHeader, extension: Extension, offset: number, where: string): Named {
  const { name = header.name, link = header.link, size = header.size, isSparse } = extension
  const kind = isSparse ? 'other' : kindOf(header, name)
  if (size > 0 && (kind === 'folder' || withoutContent.includes(header.type))) {
    throw new InvalidContentError(`${where}: a member that is no file claims ${size} bytes`)
  }
  return { name, member: { kind, offset, size, target: textOf(link) ?? '', isAmbiguous: false } }
}

function kindOf({ type }: TarHeader, name: Buffer): Member['kind'] {
  if (type === '5' || (type === '0' && name.at(-1) === 0x2f)) return 'folder'
  if (type === '0' || type === '7') return 'file'
  if (type === '1') return 'hardlink'
  return type === '2' ? 'symlink' : 'other'
}

function add(members: Map<string, Member>, { name: bytes, member }: Named, where: string): void {
  if (bytes.length > maxName) throw new InvalidContentError(`${where}: a member's name has ${bytes.length} bytes`)
  const text = textOf(bytes)
  if (text === undefined) return
  const name = insideOf(text)
  if (name === undefined || text.split('/').includes('..')) {
    throw new InvalidContentError(`${where} has a member outside of it: ${JSON.stringify(text.slice(0, 200))}`)
  }
  const twin = members.get(name)
  if (!twin) members.set(name, member)
  else if (twin.kind !== 'folder' || member.kind !== 'folder') members.set(name, { ...twin, isAmbiguous: true })
}

/** `a/b` of `./a//b`; `undefined` for a name that leads out of the folder it is meant for. */
export function insideOf(name: string): string | undefined {
  if (name.startsWith('/')) return undefined
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined
    } else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A file of another kind is told at once, and not by its checksum. */
function checkStart(block: Buffer, where: string): void {
  if (block.length === 0) throw new InvalidContentError(`${where} is empty`)
  try {
    if (block.length === blockSize) parseHeader(block, where)
    else throw new InvalidContentError('')
  } catch (cause) {
    throw new InvalidContentError(`${where} is no tar archive`, {
      hint: 'name a file that docker save, skopeo, podman save or regctl copy wrote',
      cause,
    })
  }
}

function cutShort(where: string): InvalidContentError {
  return new InvalidContentError(`${where} is cut short`, { hint: 'copy the file again: its end is missing' })
}
