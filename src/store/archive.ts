import { type Open, openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isVerifiable } from '../model/digest.ts'
import { InvalidContentError, NotFoundError } from '../model/errors.ts'
import { maxManifestSize, parseManifest } from '../model/manifest.ts'
import { isManifestType } from '../model/media-types.ts'
import { type ArchiveFormat, ociFormat } from './archive-format.ts'
import { type ArchiveOptions, ArchiveParts } from './archive-parts.ts'
import { streamArchive, writeArchive } from './archive-write.ts'
import { dockerFormat } from './docker-format.ts'
import { nameOf } from './layout-index.ts'
import { LayoutSource } from './layout-source.ts'
import { isWhole, readOpened } from './read.ts'
import { isUnder } from './referrers.ts'
import type { Address, Options, PushOptions, PushOutcome, Store } from './store.ts'

/**
 * An OCI image layout in a tar file, or `-`. Reading goes to where the content lies; nothing is unpacked. What is pushed waits in a layout
 * folder beside the file, and `close` writes the archive: the file is the old one until then. Names are added to those that are there.
 */
export function archiveStore(path: string, options: ArchiveOptions = {}): Store {
  return new ArchiveStore(new ArchiveParts(path, ociFormat, options), ociFormat)
}

/**
 * What `docker save` writes and `docker load` reads, in a file or `-`: images for one platform, by their full names. It is written as
 * {@link archiveStore} is, and read in both forms, the classic one and that of Docker 25.
 */
export function dockerArchiveStore(path: string, options: ArchiveOptions = {}): Store {
  return new ArchiveStore(new ArchiveParts(path, dockerFormat, options), dockerFormat)
}

class ArchiveStore extends LayoutSource implements Store {
  readonly admit: Store['admit']
  readonly hasImageNames: boolean
  readonly #parts: ArchiveParts

  constructor(parts: ArchiveParts, format: ArchiveFormat) {
    super(parts, format.names)
    this.#parts = parts
    this.admit = format.admit
    this.hasImageNames = format.names !== undefined
  }

  async push(target: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    const { signal } = options
    const tag = options.tag ? (this.names.canonical?.(options.tag) ?? options.tag) : undefined
    signal?.throwIfAborted()
    if (!isVerifiable(target.digest)) {
      throw new InvalidContentError(`${target.digest} cannot be checked: its algorithm is not supported`)
    }
    const isInFile = await this.#isInFile(target, { signal })
    if (isInFile && (await this.#needsNoEntry(target, tag, { signal }))) return 'present'
    const { store } = await this.#parts.staging()
    const source = isInFile ? this.#openFromFile(target) : this.#admitted(target, open, { signal })
    const outcome = await store.push(target, source, { tag, signal })
    this.#parts.pushed.add(target.digest)
    return isInFile ? 'present' : outcome
  }

  async untag(tag: string, options: Options = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const entries = await this.#parts.entries(options)
    const entry = tag === '' ? undefined : this.names.find(entries, tag)
    const name = entry && nameOf(entry)
    if (name === undefined) {
      throw new NotFoundError(`${this.location} has no tag ${tag}`, { hint: this.someTags(entries) })
    }
    const isStaged = (await this.#parts.pushedEntries()).some(each => nameOf(each) === name)
    if (isStaged) await (await this.#parts.staged())?.store.untag(name, options)
    this.#parts.untagged.add(name)
  }

  async delete(target: Address, options: Options = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const { digest } = target
    if ((await this.#parts.size(digest, options)) === undefined) {
      throw new NotFoundError(`${this.location} has no ${digest}`)
    }
    const staging = await this.#parts.staged()
    if (this.#parts.pushed.delete(digest)) await staging?.store.delete(target, options)
    this.#parts.deleted.add(digest)
  }

  async close(): Promise<void> {
    const { path, untagged, deleted, pushed } = this.#parts
    if (untagged.size + deleted.size + pushed.size > 0) {
      await (path === '-' ? streamArchive(this.#parts, this) : writeArchive(this.#parts, this))
    }
    await this.#parts.settle()
  }

  /** A manifest is looked at before it is kept, where not everything can be. @throws RegctlError UNSUPPORTED */
  #admitted(target: Descriptor, open: Open, options: Options): Open {
    const { admit } = this
    if (!admit || !isManifestType(target.mediaType)) return open
    if (target.size > maxManifestSize) throw new InvalidContentError(`${target.digest} is too large for a manifest`)
    return async (offset = 0) => {
      const bytes = await readOpened(open, target, options)
      admit(parseManifest(bytes, target.mediaType))
      return openBytes(bytes)(offset)
    }
  }

  /** Whether the file has it, and it is what the descriptor says to the last byte. */
  async #isInFile(target: Descriptor, { signal }: Options): Promise<boolean> {
    if ((await this.#parts.sizeInFile(target.digest, { signal })) !== target.size) return false
    const stream = await this.#parts.readFromFile(target.digest, { signal })
    return stream !== undefined && (await isWhole(stream, target, { signal }))
  }

  async #needsNoEntry(target: Descriptor, tag: string | undefined, options: Options): Promise<boolean> {
    if (tag !== undefined) return false
    return !isManifestType(target.mediaType) || isUnder(this, await this.roots(options), target.digest, options)
  }

  #openFromFile(target: Descriptor): Open {
    return async offset => {
      const stream = await this.#parts.readFromFile(target.digest, { offset })
      if (!stream) throw new NotFoundError(`${this.location} has no ${target.digest}`)
      return stream
    }
  }
}
