import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { syncFolder, temporaryBeside } from '../files/atomic.ts'
import { lend, through } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { NotFoundError } from '../model/errors.ts'
import { mediaTypes } from '../model/media-types.ts'
import { verifying } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** What a store says of a blob, by HEAD; its media type is known only to the manifest that names it. @throws NotFoundError */
export async function describeBlob(source: Source, digest: Digest, options: Options = {}): Promise<Descriptor> {
  const found = await source.stat({ digest, mediaType: mediaTypes.octets }, options)
  if (found) return { mediaType: mediaTypes.octets, digest, size: found.size }
  throw new NotFoundError(`${source.location} has no blob ${digest}`)
}

/**
 * A blob's bytes, counted and hashed on their way. The last of them are held back until the digest is right, so that wrong content is
 * never read to its end. The stream fails with MismatchError.
 */
export async function readBlob(source: Source, target: Descriptor, { signal }: Options = {}): Promise<Readable> {
  const body = through(await source.fetch(target, { signal }), verifying(target))
  return signal ? addAbortSignal(signal, body) : body
}

/** Where a blob is saved, and who is told how far it is. */
export interface SaveOptions extends Options {
  path: string
  /** So many more bytes are in the file. */
  onBytes?: (bytes: number) => void
}

/** Writes a blob to a file, which gets its name when it is whole and right, in place of one that has it. @throws MismatchError */
export async function saveBlob(
  source: Source,
  target: Descriptor,
  { path, onBytes, ...options }: SaveOptions,
): Promise<void> {
  const temporary = temporaryBeside(path)
  // `wx`: never through a name that somebody put there before us.
  const file = await open(temporary, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new NotFoundError(`there is no folder ${dirname(path)} to save it in`, { cause: error })
  })
  try {
    try {
      for await (const chunk of lend(await readBlob(source, target, options))) {
        // Each chunk is in the file before the next is asked for: it may be lent.
        for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
        onBytes?.(chunk.length)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
