import type { Readable } from 'node:stream'
import { discard } from '../http/body.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, isDigest } from '../model/digest.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import { parseManifest } from '../model/manifest.ts'
import { isManifestType, isSchema1Type } from '../model/media-types.ts'
import { isTag, requireTag } from '../model/reference.ts'
import { readOpened } from '../store/read.ts'
import { referrerEntry } from '../store/referrers.ts'
import type {
  Address,
  FetchOptions,
  Options,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  Store,
} from '../store/store.ts'
import { fetchBlob, statBlob } from './download.ts'
import { type Registry, type Repository, type RepositoryOptions, repositoryAt } from './endpoint.ts'
import { listTags } from './lists.ts'
import { putManifest, readManifestBody, readNamed, resolveManifest } from './manifests.ts'
import { putTags } from './put-tags.ts'
import { forgetReferrer, listReferrers, type Referrer, recordReferrer } from './referrers.ts'
import { removeContent, removeTag } from './remove.ts'
import { pushBlob } from './upload.ts'

/** One repository of a registry as a Store: the distribution protocol, nothing else. */
export class RegistryStore implements Store {
  readonly location: string
  readonly #place: Repository

  /** @throws RegctlError REFERENCE_INVALID for a name that must never see a URL (T18) */
  constructor(registry: Registry, repository: string, options: RepositoryOptions = {}) {
    this.#place = repositoryAt(registry, repository, options)
    this.location = this.#place.location
  }

  async resolve(reference: string, options: Options = {}): Promise<Descriptor> {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new RegctlError(
        'REFERENCE_INVALID',
        `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest`,
      )
    }
    return resolveManifest(this.#place, reference, options)
  }

  async stat(target: Address, options: Options = {}): Promise<Descriptor | undefined> {
    try {
      return isManifestType(target.mediaType)
        ? await resolveManifest(this.#place, target.digest, options)
        : await statBlob(this.#place, target, options)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async fetch(target: Address, options: FetchOptions = {}): Promise<Readable> {
    return isManifestType(target.mediaType)
      ? readManifestBody(this.#place, target, options)
      : fetchBlob(this.#place, target, options)
  }

  expect(transfers: number): void {
    this.#place.registry.prepare?.(transfers)
  }

  tags(options: Options = {}): AsyncIterable<string> {
    return listTags(this.#place, options)
  }

  referrers(subject: Descriptor, options: ReferrersOptions = {}): AsyncIterable<Descriptor> {
    return listReferrers(this.#place, subject, options)
  }

  async push(target: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    if (!isManifestType(target.mediaType)) return pushBlob(this.#place, target, open, options)
    if (options.tag !== undefined) requireTag(options.tag)
    await this.#pushManifest(target, open, { ...options, tags: options.tag === undefined ? [] : [options.tag] })
    return 'pushed'
  }

  async tagAll(target: Descriptor, open: Open, options: Options & { tags: readonly string[] }): Promise<void> {
    options.tags.forEach(requireTag)
    await this.#pushManifest(target, open, options)
  }

  async untag(tag: string, options: Options = {}): Promise<void> {
    await removeTag(this.#place, tag, options)
  }

  async delete(target: Address, options: Options = {}): Promise<void> {
    const referrer = isManifestType(target.mediaType) ? await this.#referrer(target, options) : undefined
    await removeContent(this.#place, target, options)
    if (referrer) await forgetReferrer(this.#place, referrer, options)
  }

  /** A manifest about to go that has a subject; `undefined` for any other, and for one that cannot be read. */
  async #referrer({ digest }: Address, options: Options): Promise<Referrer | undefined> {
    try {
      const { target, bytes } = await readNamed(this.#place, digest, options)
      const { subject } = parseManifest(bytes, target.mediaType)
      return subject && { subject: subject.digest, entry: target }
    } catch (error) {
      if (error instanceof RegctlError && !options.signal?.aborted) return undefined
      throw error
    }
  }

  async #pushManifest(
    target: Descriptor,
    open: Open,
    { tags, signal }: Options & { tags: readonly string[] },
  ): Promise<void> {
    const bytes = await readOpened(open, target, { signal })
    const manifest = isSchema1Type(target.mediaType) ? undefined : parseManifest(bytes, target.mediaType)
    // Under a tag registries keep their own digest, sha256; one by another algorithm must be named to be kept (item 40).
    if (tags.length > 0 && algorithmOf(target.digest) !== 'sha256') {
      await discard(await putManifest(this.#place, { target, bytes }, { signal }))
    }
    const headers = await putTags(this.#place, { target, bytes }, { tags, signal })
    // A registry that keeps track of referrers says so; for any other the list is the client's to keep (item 50).
    if (!manifest?.subject) return
    if (headers['oci-subject'] !== undefined) this.#place.registry.habits.noReferrers?.delete(this.#place.name)
    else {
      const referrer = { subject: manifest.subject.digest, entry: referrerEntry(target, manifest) }
      await recordReferrer(this.#place, referrer, { signal })
    }
  }
}
