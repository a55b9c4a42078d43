import { discard, readAll } from '../http/body.ts'
import { type Descriptor, descriptorOf, isObject } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf } from '../model/digest.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { type ImageManifest, type IndexManifest, maxManifestSize, parseManifest } from '../model/manifest.ts'
import { isIndexType, mediaTypes } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import type { Registry, Repository } from './endpoint.ts'
import { fetchManifest, putManifest, resolveManifest } from './manifests.ts'

/** The tag under which registries without the referrers API keep an index of referrers: `sha256-…`, cut to 64 characters (item 64). */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject).slice(0, 32)}-${encodedOf(subject).slice(0, 64)}`.replace(/[^a-zA-Z0-9._-]/g, '-')
}

/** The index under that tag; `none` when there is none, `foreign` when something else has the name. */
export async function readReferrersTag(
  place: Repository,
  subject: Digest,
  options: Options,
): Promise<IndexManifest | 'none' | 'foreign'> {
  const root = await resolveManifest(place, referrersTag(subject), options).catch(error => {
    if (isNotFound(error)) return undefined
    throw error
  })
  if (!root) return 'none'
  if (!isIndexType(root.mediaType)) return 'foreign'
  const bytes = await readAll(await fetchManifest(place, root, options), maxManifestSize)
  const index = parseManifest(bytes, root.mediaType)
  return index.kind === 'index' ? index : 'foreign'
}

/** What a list of referrers says of a manifest: with its type, and all its annotations (item 66). */
export function referrerEntry(
  { digest, size, mediaType }: Descriptor,
  manifest: ImageManifest | IndexManifest,
): Descriptor {
  const type = manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config?.mediaType : undefined)
  return {
    mediaType,
    digest,
    size,
    ...(type !== undefined && { artifactType: type }),
    ...(Object.keys(manifest.annotations).length > 0 && { annotations: manifest.annotations }),
  }
}

/** How often the index is read, changed and looked at again until the entry is in it. */
const attempts = 6

/** One writer a subject within this process; between processes only looking again helps (item 67). */
const turns = new WeakMap<Registry, Map<string, Promise<unknown>>>()

/**
 * Adds a referrer to the index that registries without the API keep under a tag (items 50, 66): what the specification asks of the client.
 * @throws RegctlError FAILED when something else has the tag, or other writers won every time
 */
export async function recordReferrer(
  place: Repository,
  subject: Digest,
  entry: Descriptor,
  options: Options = {},
): Promise<void> {
  const lines = turns.get(place.registry) ?? new Map<string, Promise<unknown>>()
  turns.set(place.registry, lines)
  const key = `${place.name}@${subject}`
  const turn = (lines.get(key) ?? Promise.resolve()).catch(() => {}).then(() => record(place, subject, entry, options))
  lines.set(key, turn)
  await turn
}

async function record(place: Repository, subject: Digest, entry: Descriptor, options: Options): Promise<void> {
  const tag = referrersTag(subject)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = await readReferrersTag(place, subject, options)
    if (found === 'foreign') throw new RegctlError('FAILED', `${tag} in ${place.location} is no list of referrers`)
    const index = found === 'none' ? undefined : found
    if (index?.manifests.some(({ digest }) => digest === entry.digest)) return
    const bytes = withEntry(index, entry)
    const target = descriptorOf(bytes, index?.mediaType ?? mediaTypes.ociIndex)
    await discard(await putManifest(place, { target, bytes }, { ...options, tag }))
  }
  throw new RegctlError('FAILED', `${entry.digest} could not be listed under ${tag} in ${place.location}`, {
    hint: 'others write the same list at the moment; try again',
  })
}

function withEntry(index: IndexManifest | undefined, entry: Descriptor): Buffer {
  const value = index
    ? parseJson(index.bytes, 'a list of referrers')
    : { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }
  const manifests = isObject(value) && Array.isArray(value.manifests) ? value.manifests : []
  return Buffer.from(JSON.stringify({ ...(value as object), manifests: [...manifests, entry] }))
}
