import { type Descriptor, descriptorOf, isObject } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf } from '../model/digest.ts'
import { isNotFound } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { type IndexManifest, parseManifest } from '../model/manifest.ts'
import { isIndexType, mediaTypes } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import type { Repository } from './endpoint.ts'
import { readNamed } from './manifests.ts'

/** The tag under which registries without the referrers API keep an index of referrers: `sha256-…`, cut to 64 characters (item 64). */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject).slice(0, 32)}-${encodedOf(subject).slice(0, 64)}`.replace(/[^a-zA-Z0-9._-]/g, '-')
}

/** The list under that tag as it stands at the moment. */
export interface ReferrersList {
  index: IndexManifest
  digest: Digest
  /** For `If-Match`, where the registry gives one. */
  etag: string | undefined
}

/** The list under that tag; `none` when there is none, `foreign` when something else has the name (item 66). */
export async function readReferrersTag(
  place: Repository,
  subject: Digest,
  options: Options,
): Promise<ReferrersList | 'none' | 'foreign'> {
  const named = await readNamed(place, referrersTag(subject), options).catch(error => {
    if (isNotFound(error)) return undefined
    throw error
  })
  if (!named) return 'none'
  const { target, bytes, etag } = named
  if (!isIndexType(target.mediaType)) return 'foreign'
  const index = parseManifest(bytes, target.mediaType)
  return index.kind === 'index' ? { index, digest: target.digest, etag } : 'foreign'
}

/** What is to happen to one entry of a list. */
export interface Change {
  entry: Descriptor
  /** It leaves the list, because the manifest was deleted. */
  leaves?: boolean
}

/** Whether the list is as the change wants it. */
export function isDone({ entry, leaves = false }: Change, index: IndexManifest | undefined): boolean {
  return (index?.manifests.some(({ digest }) => digest === entry.digest) ?? false) !== leaves
}

/** The list written anew: what is not changed stays as it was, unknown fields included. */
export function changedList(
  index: IndexManifest | undefined,
  changes: readonly Change[],
): { bytes: Buffer; target: Descriptor } {
  const empty = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }
  const value = index ? parseJson(index.bytes, 'a list of referrers') : empty
  const before = isObject(value) && Array.isArray(value.manifests) ? value.manifests : []
  const gone = new Set<unknown>(changes.filter(({ leaves }) => leaves).map(({ entry }) => entry.digest))
  const kept = before.filter(entry => !(isObject(entry) && gone.has(entry.digest)))
  const added = changes.filter(change => !change.leaves && !isDone(change, index)).map(({ entry }) => entry)
  const bytes = Buffer.from(JSON.stringify({ ...(isObject(value) && value), manifests: [...kept, ...added] }))
  return { bytes, target: descriptorOf(bytes, index?.mediaType ?? mediaTypes.ociIndex) }
}
