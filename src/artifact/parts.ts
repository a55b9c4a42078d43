import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, isAbsolute, posix } from 'node:path'
import type { Readable } from 'node:stream'
import type { ReadingEvent } from '../files/reading.ts'
import { hashFile, type Spooled, spoolAside } from '../files/spool.ts'
import { type Open, openBytes } from '../model/content.ts'
import { type Descriptor, descriptorOf } from '../model/descriptor.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { isMediaType, mediaTypes } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import { titleKey } from './annotations.ts'

/** Content that becomes a layer or the config. */
export interface Part {
  /** With its annotations, the title among them. */
  descriptor: Descriptor
  open: Open
}

/** `FILE[:TYPE]` as a person types it. */
export interface FileArgument {
  /** `undefined`: standard input. */
  path: string | undefined
  mediaType?: string
}

/** Reads `FILE[:TYPE]`: what follows the last colon is a type when it looks like one (`text/plain`). `-` is standard input. */
export function parseFileArgument(text: string): FileArgument {
  const colon = text.lastIndexOf(':')
  const type = text.slice(colon + 1)
  const isTyped = colon > 0 && isMediaType(type)
  const name = isTyped ? text.slice(0, colon) : text
  return { path: name === '-' || name === '/dev/stdin' ? undefined : name, ...(isTyped && { mediaType: type }) }
}

interface PartOptions extends Options {
  /** Default `application/octet-stream`. */
  mediaType?: string | undefined
  onReading?: ((event: ReadingEvent) => void) | undefined
}

/** A {@link Part} that may keep a temporary file until it is sent. */
export interface ReadPart extends Part {
  remove?: () => Promise<void>
}

/**
 * A file on disk, hashed now and read again when it is sent. What can be read only once (a pipe, `<(…)` of a shell) is read as
 * {@link streamPart} does.
 * @throws NotFoundError, RegctlError USAGE for a folder
 */
export async function filePart(path: string, { mediaType, signal, onReading }: PartOptions = {}): Promise<ReadPart> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new NotFoundError(`there is no file ${path}`)
    throw error
  })
  if (found.isDirectory()) {
    throw new RegctlError('USAGE', `${path} is a folder, and an artifact holds files`, {
      hint: `pack it first: tar -czf ${basename(path)}.tar.gz ${path}`,
    })
  }
  if (!found.isFile()) return streamPart(createReadStream(path), { mediaType, signal })
  const part = fileContent(await hashFile(path, { algorithm: 'sha256', signal, onReading }), mediaType)
  return { ...part, descriptor: { ...part.descriptor, annotations: { [titleKey]: titleOf(path) } } }
}

/** What comes from a stream that cannot be read again: it waits in a temporary file, which `remove` takes away. It has no title. */
export async function streamPart(input: Readable, { mediaType, signal }: PartOptions = {}): Promise<ReadPart> {
  const { remove, ...spooled } = await spoolAside(input, { algorithm: 'sha256', signal })
  return { ...fileContent(spooled, mediaType), remove }
}

function fileContent({ path, size, hash }: Spooled, mediaType: string = mediaTypes.octets): Part {
  return {
    descriptor: { mediaType, digest: `sha256:${hash}`, size },
    open: async (offset = 0) => createReadStream(path, { start: offset, highWaterMark: 256 * 1024 }),
  }
}

/** Content that is here already. */
export function bytesPart(bytes: Uint8Array, mediaType: string): Part {
  return {
    descriptor: descriptorOf(bytes, mediaType),
    open: openBytes(bytes),
  }
}

/** A path below the folder one stands in keeps its folders; of any other only the file's name goes out. */
function titleOf(path: string): string {
  const title = posix.normalize(process.platform === 'win32' ? path.replaceAll('\\', '/') : path)
  return isAbsolute(path) || title.startsWith('..') ? basename(path) : title
}
