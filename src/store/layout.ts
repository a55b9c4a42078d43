import type { Readable } from 'node:stream'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, isDigest, isVerifiable } from '../model/digest.ts'
import { InvalidContentError, MismatchError, NotFoundError, RegctlError } from '../model/errors.ts'
import { maxManifestSize, parseManifest } from '../model/manifest.ts'
import { isManifestType, mediaTypes } from '../model/media-types.ts'
import { BlobFiles } from './blobs.ts'
import { LayoutFolder } from './layout-folder.ts'
import { type Entry, nameOf, withListed, withoutDigest, withoutNameless, withoutTag, withTag } from './layout-index.ts'
import { entryNamed, tagsOf } from './layout-names.ts'
import { readVerified } from './read.ts'
import { childrenOf, isUnder, referrersUnder } from './referrers.ts'
import type { Address, FetchOptions, Options, PushOptions, PushOutcome, ReferrersOptions, Store } from './store.ts'

/**
 * An OCI image layout 1.0.0 in a folder (item 98), safe with several processes at once and whole after a kill.
 *
 * - Names: {@link entryNamed}. `resolve('')` is the only image, or `latest`; a push under `''` has no name.
 * - A pushed manifest is listed in `index.json`, with its tag or without a name, until an index that lists it as a child is pushed.
 *   A manifest that `index.json` does not reach does not count as being here; blobs count by their file.
 * - Moving or removing a tag leaves what it named in the layout, nameless. Nothing is collected as garbage: the children of a
 *   deleted index stay as files, but are listed no more.
 * - A push does not look for the blobs that a manifest names: whoever copies brings them first.
 */
export function layoutStore(path: string): Store {
  return new LayoutStore(path)
}

class LayoutStore implements Store {
  readonly location: string
  readonly #folder: LayoutFolder
  readonly #blobs: BlobFiles

  constructor(path: string) {
    this.location = `oci:${path}`
    this.#folder = new LayoutFolder(path)
    this.#blobs = new BlobFiles(path)
  }

  async resolve(reference: string, options: Options = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted()
    const { entries } = await this.#folder.index()
    const entry = isDigest(reference)
      ? entries.find(each => each.descriptor.digest === reference)
      : entryNamed(entries, reference)
    if (entry) return this.#checked(entry.descriptor)
    const found = isDigest(reference) ? await this.#sniffed(reference, options) : undefined
    if (found) return found
    throw new NotFoundError(`${this.location} has no ${reference === '' ? 'image' : reference}`, {
      hint: someTags(entries),
    })
  }

  async stat(target: Address, options: Options = {}): Promise<Descriptor | undefined> {
    options.signal?.throwIfAborted()
    const { mediaType, digest } = target
    const size = (await this.#folder.exists()) ? await this.#blobs.size(digest) : undefined
    if (size === undefined) return undefined
    if (!isManifestType(mediaType)) return { mediaType, digest, size }
    const roots = await this.#roots()
    if (!(await isUnder(this, roots, digest, options))) return undefined
    const listed = roots.find(root => root.digest === digest)
    return { mediaType: listed?.mediaType ?? mediaType, digest, size }
  }

  async fetch(target: Address, options: FetchOptions = {}): Promise<Readable> {
    const stream = (await this.#folder.exists()) ? await this.#blobs.read(target.digest, options) : undefined
    if (!stream) throw new NotFoundError(`${this.location} has no ${target.digest}`)
    return stream
  }

  async *tags(options: Options = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted()
    yield* tagsOf((await this.#folder.index()).entries)
  }

  async *referrers(subject: Descriptor, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    yield* referrersUnder(this, await this.#roots(), subject, options)
  }

  async push(target: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    const { signal } = options
    const tag = options.tag || undefined
    signal?.throwIfAborted()
    if (!isVerifiable(target.digest)) {
      throw new InvalidContentError(`${target.digest} cannot be checked: its algorithm is not supported`)
    }
    await this.#folder.prepare()
    const isPresent =
      (await this.#blobs.holds(target, { signal })) || !(await this.#blobs.write(target, open, { signal }))
    if (tag !== undefined || isManifestType(target.mediaType)) await this.#list(target, tag, { signal })
    return isPresent ? 'present' : 'pushed'
  }

  async untag(tag: string, options: Options = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await this.#folder.index()
    await this.#folder.edit(entries => {
      const entry = tag === '' ? undefined : entryNamed(entries, tag)
      const name = entry && nameOf(entry)
      if (name === undefined) throw new NotFoundError(`${this.location} has no tag ${tag}`, { hint: someTags(entries) })
      return withoutTag(entries, name)
    })
  }

  async delete({ digest }: Address, options: Options = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const size = (await this.#folder.exists()) ? await this.#blobs.size(digest) : undefined
    if (size === undefined) throw new NotFoundError(`${this.location} has no ${digest}`)
    // The names first: a kill in between leaves a blob without a name, never a name without its blob.
    await this.#folder.edit(entries => {
      const kept = withoutDigest(entries, digest)
      return kept.length === entries.length ? entries : kept
    })
    await this.#blobs.remove(digest)
  }

  async #list(target: Descriptor, tag: string | undefined, options: Options): Promise<void> {
    if (tag === undefined && (await isUnder(this, await this.#roots(), target.digest, options))) return
    const children = new Set((await childrenOf(this, target, options)).map(child => child.digest))
    options.signal?.throwIfAborted()
    await this.#folder.edit(entries => {
      const listed = tag === undefined ? withListed(entries, target) : withTag(entries, target, tag)
      return listed === entries ? entries : withoutNameless(listed, children)
    })
  }

  async #roots(): Promise<readonly Descriptor[]> {
    return (await this.#folder.index()).entries.map(entry => entry.descriptor)
  }

  /** What `index.json` says of content, beside the file itself. */
  async #checked({ mediaType, digest, size }: Descriptor): Promise<Descriptor> {
    const actual = await this.#blobs.size(digest)
    if (actual === undefined) throw new NotFoundError(`${this.location} names ${digest}, but does not hold it`)
    if (actual === size) return { mediaType, digest, size }
    throw new MismatchError(`${digest} in ${this.location} does not match: expected ${size} bytes, got ${actual}`)
  }

  /** A manifest that `index.json` does not describe, such as a child of an index. */
  async #sniffed(digest: Digest, options: Options): Promise<Descriptor | undefined> {
    const size = await this.#blobs.size(digest)
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

function someTags(entries: readonly Entry[]): string {
  const tags = tagsOf(entries)
  if (tags.length === 0) return 'the layout has no tags'
  return `its tags are ${tags.slice(0, 10).join(', ')}${tags.length > 10 ? ' and others' : ''}`
}
