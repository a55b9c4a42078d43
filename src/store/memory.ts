import { Readable } from 'node:stream'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { NotFoundError } from '../model/errors.ts'
import { isManifestType } from '../model/media-types.ts'
import { readOpened } from './read.ts'
import { referrersUnder } from './referrers.ts'
import type { Address, FetchOptions, Options, PushOptions, PushOutcome, ReferrersOptions, Store } from './store.ts'

interface Kept {
  descriptor: Descriptor
  bytes: Buffer
}

/** A store that lives as long as the process: for tests, for `regctl serve`, and between two copies. */
export function memoryStore(location = 'memory'): Store {
  return new MemoryStore(location)
}

class MemoryStore implements Store {
  readonly location: string
  readonly #contents = new Map<Digest, Kept>()
  readonly #tags = new Map<string, Digest>()

  constructor(location: string) {
    this.location = location
  }

  async resolve(reference: string, { signal }: Options = {}): Promise<Descriptor> {
    signal?.throwIfAborted()
    const named = this.#tags.get(reference)
    const found = this.#contents.get(named ?? (isDigest(reference) ? reference : ':'))?.descriptor
    if (found && (named || isManifestType(found.mediaType))) return { ...found }
    throw new NotFoundError(`${this.location} has no ${reference}`)
  }

  async stat({ digest, mediaType }: Address, { signal }: Options = {}): Promise<Descriptor | undefined> {
    signal?.throwIfAborted()
    const found = this.#contents.get(digest)?.descriptor
    if (!found || (isManifestType(mediaType) && !isManifestType(found.mediaType))) return undefined
    return isManifestType(mediaType) ? { ...found } : { ...found, mediaType }
  }

  async fetch({ digest }: Address, { offset = 0, signal }: FetchOptions = {}): Promise<Readable> {
    const found = this.#contents.get(digest)
    if (!found) throw new NotFoundError(`${this.location} has no ${digest}`)
    return Readable.from([found.bytes.subarray(offset)], { objectMode: false, signal })
  }

  async *tags({ signal }: Options = {}): AsyncGenerator<string> {
    signal?.throwIfAborted()
    yield* this.#tags.keys()
  }

  async *referrers(subject: Descriptor, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    const all = [...this.#contents.values()].map(kept => kept.descriptor)
    yield* referrersUnder(this, all, subject, options)
  }

  async push(target: Descriptor, open: Open, { tag, signal }: PushOptions = {}): Promise<PushOutcome> {
    signal?.throwIfAborted()
    const { mediaType, digest, size } = target
    const kept = this.#contents.get(digest)
    const isPresent = kept?.descriptor.size === size
    const bytes = isPresent ? kept.bytes : await readOpened(open, target, { signal })
    // Content that was pushed as a blob becomes a manifest when somebody pushes it as one.
    if (!isPresent || isManifestType(mediaType))
      this.#contents.set(digest, { descriptor: { mediaType, digest, size }, bytes })
    if (tag !== undefined) this.#tags.set(tag, digest)
    return isPresent ? 'present' : 'pushed'
  }

  async untag(tag: string, { signal }: Options = {}): Promise<void> {
    signal?.throwIfAborted()
    if (!this.#tags.delete(tag)) throw new NotFoundError(`${this.location} has no tag ${tag}`)
  }

  async delete({ digest }: Address, { signal }: Options = {}): Promise<void> {
    signal?.throwIfAborted()
    if (!this.#contents.delete(digest)) throw new NotFoundError(`${this.location} has no ${digest}`)
    for (const [tag, named] of this.#tags) if (named === digest) this.#tags.delete(tag)
  }
}
