import type { Readable } from 'node:stream'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, isDigest, isVerifiable } from '../model/digest.ts'
import { MismatchError, NotFoundError, RegctlError } from '../model/errors.ts'
import { maxManifestSize, parseManifest } from '../model/manifest.ts'
import { isManifestType, mediaTypes } from '../model/media-types.ts'
import { listSome } from '../model/nearest.ts'
import type { Entry } from './layout-index.ts'
import { entryNamed, tagsOf } from './layout-names.ts'
import { readVerified } from './read.ts'
import { isUnder, referrersUnder } from './referrers.ts'
import type { Address, FetchOptions, Options, ReferrersOptions, Source } from './store.ts'

/** What an image layout consists of, wherever it lies: entries that name manifests, and blobs by their digest. */
export interface LayoutParts {
  readonly location: string
  /** @throws NotFoundError where there is no layout; InvalidContentError */
  entries(options?: Options): Promise<readonly Entry[]>
  /** Bytes of a blob; `undefined` when it is not here. */
  size(digest: Digest, options?: Options): Promise<number | undefined>
  read(digest: Digest, options?: FetchOptions): Promise<Readable | undefined>
}

/** What names mean among entries: a layout has tags, a Docker archive has names of images. */
export interface EntryNames {
  /** @throws InvalidContentError when it could be several */
  find(entries: readonly Entry[], name: string): Entry | undefined
  list(entries: readonly Entry[]): readonly string[]
  /** How a name is kept; default: as it is. @throws RegctlError REFERENCE_INVALID */
  canonical?(name: string): string
}

const layoutNames: EntryNames = { find: entryNamed, list: tagsOf }

/** Reads an image layout in a folder or an archive: a manifest that no entry reaches does not count as being here. */
export class LayoutSource implements Source {
  readonly location: string
  protected readonly names: EntryNames
  readonly #parts: LayoutParts

  constructor(parts: LayoutParts, names: EntryNames = layoutNames) {
    this.location = parts.location
    this.names = names
    this.#parts = parts
  }

  async resolve(reference: string, options: Options = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted()
    const entries = await this.#parts.entries(options)
    // `nginx:1` of a Docker archive has the form of a digest, but of no algorithm that there is.
    const isByDigest = isDigest(reference) && isVerifiable(reference)
    const entry = isByDigest
      ? entries.find(each => each.descriptor.digest === reference)
      : this.names.find(entries, reference)
    if (entry) return this.#checked(entry.descriptor, options)
    const found = isByDigest ? await this.#sniffed(reference, options) : undefined
    if (found) return found
    throw new NotFoundError(`${this.location} has no ${reference === '' ? 'image' : reference}`, {
      hint: this.someTags(entries),
    })
  }

  async stat(target: Address, options: Options = {}): Promise<Descriptor | undefined> {
    options.signal?.throwIfAborted()
    const { mediaType, digest } = target
    const size = await this.#parts.size(digest, options)
    if (size === undefined) return undefined
    if (!isManifestType(mediaType)) return { mediaType, digest, size }
    const roots = await this.roots(options)
    if (!(await isUnder(this, roots, digest, options))) return undefined
    const listed = roots.find(root => root.digest === digest)
    return { mediaType: listed?.mediaType ?? mediaType, digest, size }
  }

  async fetch(target: Address, options: FetchOptions = {}): Promise<Readable> {
    const stream = await this.#parts.read(target.digest, options)
    if (!stream) throw new NotFoundError(`${this.location} has no ${target.digest}`)
    return stream
  }

  async *tags(options: Options = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted()
    yield* this.names.list(await this.#parts.entries(options))
  }

  async *referrers(subject: Descriptor, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    yield* referrersUnder(this, await this.roots(options), subject, options)
  }

  protected async roots(options: Options = {}): Promise<readonly Descriptor[]> {
    return (await this.#parts.entries(options)).map(entry => entry.descriptor)
  }

  /** A hint for a name that is not there. */
  protected someTags(entries: readonly Entry[]): string {
    const tags = this.names.list(entries)
    return tags.length === 0 ? 'it has no tags' : `its tags are ${listSome(tags)}`
  }

  /** What the entry says of content, beside the content itself. */
  async #checked({ mediaType, digest, size }: Descriptor, options: Options): Promise<Descriptor> {
    const actual = await this.#parts.size(digest, options)
    if (actual === undefined) throw new NotFoundError(`${this.location} names ${digest}, but does not hold it`)
    if (actual === size) return { mediaType, digest, size }
    throw new MismatchError(`${digest} in ${this.location} does not match: expected ${size} bytes, got ${actual}`)
  }

  /** A manifest that no entry describes, such as a child of an index. */
  async #sniffed(digest: Digest, options: Options): Promise<Descriptor | undefined> {
    const size = await this.#parts.size(digest, options)
    if (size === undefined || size > maxManifestSize) return undefined
    const bytes = await readVerified(this, { mediaType: mediaTypes.octets, digest, size }, options)
    const mediaType = manifestTypeOf(bytes)
    return mediaType === undefined ? undefined : { mediaType, digest, size }
  }
}

/** What the bytes say they are; `undefined` when they are no manifest. */
function manifestTypeOf(bytes: Uint8Array): string | undefined {
  try {
    return parseManifest(bytes, '').mediaType
  } catch (error) {
    if (error instanceof RegctlError) return undefined
    throw error
  }
}
