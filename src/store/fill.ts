import { type FileHandle, rm } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { lend, through } from '../http/lent.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { codeOf, MismatchError } from '../model/errors.ts'
import type { Partial, Partials } from './partials.ts'
import { verifying } from './read.ts'
import type { Options } from './store.ts'

export interface Filled {
  /** A closed file, whole, verified and on the disk. */
  path: string
  /** Whether the source was needed at all. */
  isOpened: boolean
}

interface Supply extends Options {
  source: Open
}

/** Bytes; a smaller blob is fetched again sooner than looked for. */
const worthKeeping = 1024 * 1024

/** Whether what arrived of a broken push is left to the next one. */
export function isWorthKeeping({ size }: Descriptor): boolean {
  return size >= worthKeeping
}

/**
 * Brings content into a file of its own. It goes on where an earlier push broke off, after hashing what that one left; when the whole is
 * wrong then, all is fetched once more: the old bytes may be to blame (a power cut, another hand). What arrives before a failure is left
 * to the next push. @throws MismatchError when bytes that are all from this source are wrong
 */
export async function fill(partials: Partials, target: Descriptor, supply: Supply): Promise<Filled> {
  const earlier = isWorthKeeping(target) ? await partials.take(target) : undefined
  if (earlier) {
    try {
      return await fillOne(earlier, partials, { target, ...supply })
    } catch (error) {
      if (!(error instanceof MismatchError)) throw error
    }
  }
  return fillOne(await partials.fresh(target), partials, { target, ...supply })
}

async function fillOne(
  partial: Partial,
  partials: Partials,
  { target, source, signal }: Supply & { target: Descriptor },
): Promise<Filled> {
  const { path, file } = partial
  /** Bytes that were there before us, and bytes that are there. */
  let held = 0
  let position = 0
  let isOpened = false
  try {
    try {
      for await (const chunk of verifying(target)(oldAndNew())) {
        signal?.throwIfAborted()
        // Each chunk is in the file before the next is asked for: it may be lent.
        if (position >= held) await writeAll(file, chunk, position)
        position += chunk.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    return { path, isOpened }
  } catch (error) {
    if (isWorthKeeping(target) && held + position > 0 && !isSpoilt(error)) await partials.leave(partial, target.digest)
    else await rm(path, { force: true })
    throw error
  }

  async function* oldAndNew(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of contentOf(file)) {
      held += chunk.length
      yield chunk
    }
    if (held > 0 && held === target.size) return
    isOpened = true
    // Let go at once when it is aborted, even where the source never answers again.
    const body = through(await source(held), unchanged)
    yield* lend(signal ? addAbortSignal(signal, body) : body)
  }
}

/** After wrong bytes there is nothing to go on from, and a full disk is better off without half a blob. */
function isSpoilt(error: unknown): boolean {
  return error instanceof MismatchError || ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
}

async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; )
    at += (await file.write(chunk, at, chunk.length - at, position + at)).bytesWritten
}

async function* unchanged(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield* chunks
}

/** Each chunk is valid until the next is asked for. */
async function* contentOf(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafe(256 * 1024)
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
