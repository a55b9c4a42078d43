import { randomUUID } from 'node:crypto'
import { open, write } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline, Readable, type Transform } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { codeOf, InvalidContentError, RegctlError } from '../model/errors.ts'
import { RandomAccess } from './random-access.ts'
import type { Options } from './store.ts'

/** Bytes that an archive from a pipe or in gzip may have on the disk. */
const maxSpool = 64 * 1024 ** 3
/** Honest archives are not a thousandth of themselves; below this many bytes it does not matter (T7). */
const maxRatio = 1000
const innocent = 64 * 1024 * 1024

/** Compressions that no tool wraps a saved image in by itself. */
const foreign: readonly [name: string, magic: string][] = [
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a58'],
  ['bzip2', '425a68'],
]

/** Whether bytes begin as gzip does. @throws RegctlError UNSUPPORTED for other compressions */
export function isGzip(start: Buffer, where: string): boolean {
  const hex = start.toString('hex', 0, 4)
  const found = foreign.find(([, magic]) => hex.startsWith(magic))
  if (!found) return hex.startsWith('1f8b')
  throw new RegctlError('UNSUPPORTED', `${where} is compressed by ${found[0]}; only gzip is read`, {
    hint: 'decompress it first, and give it on standard input: … | regctl copy oci-archive:- IMAGE',
  })
}

/**
 * Brings what comes from a pipe, or out of gzip, into a temporary file without a name: however this ends, nothing is left.
 * @throws InvalidContentError when it is too large, or a decompression bomb (T7)
 */
export async function spool(source: Readable, where: string, { signal }: Options = {}): Promise<RandomAccess> {
  // It may break while the file is made: the loop is told then.
  source.on('error', () => {})
  const path = join(tmpdir(), `regctl-${randomUUID()}`)
  const fd = await openFile(path, 'wx+', 0o600)
  await rm(path, { force: true })
  let size = 0
  try {
    for await (const chunk of plain(source, where)) {
      signal?.throwIfAborted()
      if (size + chunk.length > maxSpool) throw new InvalidContentError(`${where} has more than ${maxSpool} bytes`)
      await writeAll(fd, chunk, size)
      size += chunk.length
    }
  } catch (error) {
    new RandomAccess(fd, 0).close()
    source.destroy()
    throw error
  }
  return new RandomAccess(fd, size)
}

async function* plain(source: Readable, where: string): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  while (start.length < 4) {
    const { done, value } = await chunks.next()
    if (done) break
    start = Buffer.concat([start, value])
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  yield* isGzip(start, where) ? gunzipped(whole(), where) : whole()
}

async function* gunzipped(chunks: AsyncIterable<Buffer>, where: string): AsyncGenerator<Buffer> {
  const gunzip: Transform = createGunzip({ chunkSize: 256 * 1024 })
  let [taken, given] = [0, 0]
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      taken += chunk.length
      yield chunk
    }
  }
  // Its failures come out of gunzip as well.
  pipeline(Readable.from(counted(), { objectMode: false }), gunzip, () => {})
  try {
    for await (const chunk of gunzip) {
      given += chunk.length
      if (given > innocent && given > maxRatio * taken) {
        throw new InvalidContentError(`${where} unpacks to more than ${maxRatio} times its size`)
      }
      yield chunk
    }
  } catch (cause) {
    if (!codeOf(cause).startsWith('Z_')) throw cause
    throw new InvalidContentError(`${where} is damaged: it does not unpack`, { cause })
  }
}

async function writeAll(fd: number, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; )
    at += (await writeAt(fd, chunk, at, chunk.length - at, position + at)).bytesWritten
}

const openFile = promisify(open)
const writeAt = promisify(write)
