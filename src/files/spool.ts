import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type ReadingEvent, tellReading } from './reading.ts'

/** Content in a file, counted and hashed. */
export interface Spooled {
  path: string
  /** Bytes. */
  size: number
  /** Lower-case hexadecimal. */
  hash: string
}

interface SpoolOptions {
  /** As `createHash` knows it. */
  algorithm: string
  signal?: AbortSignal | undefined
}

/** Counts and hashes a file where it is. */
export async function hashFile(
  path: string,
  { algorithm, signal, onReading }: SpoolOptions & { onReading?: ((event: ReadingEvent) => void) | undefined },
): Promise<Spooled> {
  const told = onReading && tellReading(onReading, { name: path, size: (await stat(path)).size })
  const hash = createHash(algorithm)
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024, signal })) {
    size += chunk.length
    told?.(chunk.length)
    hash.update(chunk)
  }
  return { path, size, hash: hash.digest('hex') }
}

/**
 * Brings a stream that comes only once into a file that only this account can read, so that it can be sent with its size and digest,
 * and again (item 38); hands it to `use`, and removes it whatever becomes of that.
 */
export async function spool<T>(
  stream: Readable,
  options: SpoolOptions,
  use: (spooled: Spooled) => Promise<T>,
): Promise<T> {
  const { remove, ...spooled } = await spoolAside(stream, options)
  try {
    return await use(spooled)
  } finally {
    await remove()
  }
}

/** As {@link spool}, until `remove` is called. */
export async function spoolAside(
  stream: Readable,
  options: SpoolOptions,
): Promise<Spooled & { remove: () => Promise<void> }> {
  // It may break while the file is made: the loop is told then.
  stream.on('error', () => {})
  const folder = await mkdtemp(join(tmpdir(), 'regctl-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    return { ...(await fill(stream, join(folder, 'content'), options)), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function fill(stream: Readable, path: string, { algorithm, signal }: SpoolOptions): Promise<Spooled> {
  const hash = createHash(algorithm)
  let size = 0
  const file = await open(path, 'wx', 0o600)
  const abort = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk)
      size += bytes.length
      hash.update(bytes)
      // FileHandle.writeFile goes on after a short write; a full disk is an error, not half a file.
      await file.writeFile(bytes)
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await file.close()
  }
  return { path, size, hash: hash.digest('hex') }
}
