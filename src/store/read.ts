import type { Readable } from 'node:stream'
import { type LentBody, through } from '../http/lent.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, hasherFor } from '../model/digest.ts'
import { InvalidContentError, MismatchError, RegctlError, reworded } from '../model/errors.ts'
import { type Manifest, maxManifestSize, parseManifest } from '../model/manifest.ts'
import type { Address, Options, Source } from './store.ts'

export interface ReadOptions extends Options {
  /** Bytes that the caller is ready to hold in memory; default {@link maxManifestSize} (T12). */
  cap?: number | undefined
}

/**
 * The whole content in memory, counted and hashed; `data` of the descriptor spares the fetch when it verifies (item 20).
 * @throws InvalidContentError over the cap or for a digest that cannot be computed; MismatchError for other bytes; NotFoundError
 */
export async function readVerified(source: Source, target: Descriptor, options: ReadOptions = {}): Promise<Buffer> {
  const { cap = maxManifestSize, signal } = options
  if (target.size > cap) {
    throw new InvalidContentError(`${target.digest} has ${target.size} bytes, more than the ${cap} allowed here`)
  }
  const embedded = embeddedData(target)
  if (embedded) return embedded
  for (let tries = 1; ; tries++) {
    try {
      return await readOpened(() => source.fetch(target, { signal }), target, { signal })
    } catch (error) {
      if (!isElsewhereToo(error, source, target) || tries >= mostSources) throw error
    }
  }
}

/** How often one content is asked for: no registry has more mirrors that lie. */
export const mostSources = 8

/** Whether wrong bytes came from one of several sources, and may be right from the next. */
export function isElsewhereToo(error: unknown, source: Source, target: Address): boolean {
  return error instanceof RegctlError && error.code === 'CONTENT_MISMATCH' && source.distrust?.(target) === true
}

/** The bytes of a stream that is opened here, counted and hashed; it is destroyed on failure. @throws MismatchError, InvalidContentError */
export async function readOpened(open: Open, target: Descriptor, { signal }: Options = {}): Promise<Buffer> {
  const check = verifying(target)
  return collect(through(await open(), check, signal))
}

/** What is done to a body's chunks on their way, for {@link through}. */
export type Passage = (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void, undefined>

/**
 * Passes bytes on while it counts and hashes them, and fails with MismatchError as soon as they cannot be the target's. The last bytes are
 * held back until the digest is right; still only a body that ended well has been verified.
 * @throws InvalidContentError when the target's digest algorithm cannot be computed.
 */
export function verifying(target: Descriptor): Passage {
  const hash = hasherFor(target.digest)
  return async function* (chunks) {
    let count = 0
    for await (const chunk of chunks) {
      count += chunk.length
      if (count > target.size) throw mismatch(target, `${target.size} bytes`, 'more')
      hash.update(chunk)
      if (count === target.size && chunk.length > 0) check()
      yield chunk
    }
    if (count < target.size) throw mismatch(target, `${target.size} bytes`, `${count}`)
    if (count === 0) check()
  }

  function check(): void {
    const got = `${algorithmOf(target.digest)}:${hash.digest('hex')}`
    if (got !== target.digest) throw mismatch(target, 'this digest', got)
  }
}

/** Whether a stream is what the descriptor says, read to its last byte. */
export async function isWhole(stream: Readable, target: Descriptor, { signal }: Options): Promise<boolean> {
  try {
    for await (const _ of through(stream, verifying(target), signal).lend());
    return true
  } catch (error) {
    if (signal?.aborted) throw error
    return false
  }
}

/** A manifest, verified and then parsed. @throws InvalidContentError, MismatchError, NotFoundError */
export async function readManifest(source: Source, target: Descriptor, options: ReadOptions = {}): Promise<Manifest> {
  const bytes = await readVerified(source, target, options)
  try {
    return parseManifest(bytes, target.mediaType)
  } catch (error) {
    if (!(error instanceof RegctlError)) throw error
    throw reworded(error, `${target.digest}: ${error.message}`)
  }
}

function mismatch(target: Descriptor, expected: string, got: string): MismatchError {
  return new MismatchError(`${target.digest} does not match: expected ${expected}, got ${got}`, {
    hint: 'the content was damaged or changed on its way; try again, or another source',
  })
}

function embeddedData(target: Descriptor): Buffer | undefined {
  if (target.data === undefined) return undefined
  const bytes = Buffer.from(target.data, 'base64')
  const hash = hasherFor(target.digest).update(bytes).digest('hex')
  return bytes.length === target.size && target.digest.endsWith(`:${hash}`) ? bytes : undefined
}

/** Grows with what arrives, never with what was claimed (T12). */
async function collect(body: LentBody): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
