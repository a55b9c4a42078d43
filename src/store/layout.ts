import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isVerifiable } from '../model/digest.ts'
import { InvalidContentError, NotFoundError } from '../model/errors.ts'
import { isManifestType } from '../model/media-types.ts'
import { BlobFiles } from './blobs.ts'
import { LayoutFolder } from './layout-folder.ts'
import { nameOf, withListed, withoutDigest, withoutNameless, withoutTag, withTag } from './layout-index.ts'
import { entryNamed } from './layout-names.ts'
import { LayoutSource } from './layout-source.ts'
import { isUnder, readableChildren } from './referrers.ts'
import type { Address, Options, PushOptions, PushOutcome, Store } from './store.ts'

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

class LayoutStore extends LayoutSource implements Store {
  readonly #folder: LayoutFolder
  readonly #blobs: BlobFiles

  constructor(path: string) {
    const folder = new LayoutFolder(path)
    const blobs = new BlobFiles(path)
    super({
      location: `oci:${path}`,
      entries: async () => (await folder.index()).entries,
      size: async digest => ((await folder.exists()) ? blobs.size(digest) : undefined),
      read: async (digest, options) => ((await folder.exists()) ? blobs.read(digest, options) : undefined),
    })
    this.#folder = folder
    this.#blobs = blobs
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
      if (name === undefined)
        throw new NotFoundError(`${this.location} has no tag ${tag}`, { hint: this.someTags(entries) })
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
    if (tag === undefined && (await isUnder(this, await this.roots(), target.digest, options))) return
    const children = new Set((await readableChildren(this, target, options)).map(child => child.digest))
    options.signal?.throwIfAborted()
    await this.#folder.edit(entries => {
      const listed = tag === undefined ? withListed(entries, target) : withTag(entries, target, tag)
      return listed === entries ? entries : withoutNameless(listed, children)
    })
  }
}
