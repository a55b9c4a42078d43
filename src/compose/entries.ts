import { type Descriptor, isObject, type Platform } from '../model/descriptor.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import type { IndexManifest, Manifest } from '../model/manifest.ts'
import { isManifestType } from '../model/media-types.ts'
import { attestsTo, formatPlatform, isAttestation, matchesPlatform } from '../model/platform.ts'
import { formatPlace } from '../store/place.ts'
import { readManifest } from '../store/read.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Source } from '../store/store.ts'
import { platformIn } from './platform.ts'

/** One entry of an index: as it was written, or will be, and as we read it. */
export interface IndexEntry {
  readonly raw: Readonly<Record<string, unknown>>
  readonly descriptor: Descriptor
}

/** An entry that is to go into an index, and where its content is. */
export interface FoundEntry extends IndexEntry {
  readonly from: Source
}

/** An image or index whose entries are wanted. */
export interface IndexSource {
  place: Place
  /** Written in place of what the image says of itself; for one image alone. */
  platform?: Platform | undefined
}

/**
 * What a source brings into an index: an image is one entry, with the platform of its config where nothing else is said (item 93);
 * an index brings its entries as they are, unknown fields included. @throws NotFoundError
 */
async function entriesOf({ store: from, reference }: Place, options: Options): Promise<FoundEntry[]> {
  const root = await resolvePlace({ store: from, reference }, options)
  const manifest = await readManifest(from, root, options)
  const all =
    manifest.kind === 'index'
      ? await withPlatforms(from, entriesIn(manifest), options)
      : [withPlatform(entryOf(root, manifest), await platformIn(from, manifest, options))]
  return all.map(entry => ({ ...entry, from }))
}

export interface GatherOptions extends Options {
  /** Only the images for these platforms, with their attestations. */
  platforms?: readonly Platform[] | undefined
}

/**
 * The entries of all sources, in their order.
 * @throws NotFoundError for a platform that none of them has; RegctlError USAGE for a platform that is to be written over several images
 */
export async function gather(
  sources: readonly IndexSource[],
  { platforms = [], ...options }: GatherOptions,
): Promise<FoundEntry[]> {
  const all: FoundEntry[] = []
  const chosen: FoundEntry[] = []
  for (const { place, platform } of sources) {
    const brought = await entriesOf(place, options)
    all.push(...brought)
    const wanted = platforms.length > 0 ? forPlatforms(brought, platforms) : brought
    chosen.push(...(platform ? writeOver(wanted, platform, formatPlace(place)) : wanted))
  }
  const lacking = platforms.find(platform => entriesFor(all, platform).length === 0)
  if (!lacking) return chosen
  const there = all.flatMap(({ descriptor }) =>
    descriptor.platform && !isAttestation(descriptor) ? formatPlatform(descriptor.platform) : [],
  )
  throw new NotFoundError(`there is no image for ${formatPlatform(lacking)} among them`, {
    hint: there.length > 0 ? `there is ${[...new Set(there)].join(', ')}` : 'they name no platform at all',
  })
}

/** The entries of an index, with all their fields. */
export function entriesIn(index: IndexManifest): IndexEntry[] {
  const value = parseJson(index.bytes, 'the index')
  const list: unknown[] = isObject(value) && Array.isArray(value.manifests) ? value.manifests : []
  return index.manifests.map((descriptor, at) => {
    const raw = list[at]
    return { descriptor, raw: isObject(raw) ? raw : { ...descriptor } }
  })
}

function entryOf({ mediaType, digest, size }: Descriptor, manifest: Manifest): IndexEntry {
  const { artifactType } = manifest
  const descriptor: Descriptor = { mediaType, digest, size, ...(artifactType !== undefined && { artifactType }) }
  return { descriptor, raw: { ...descriptor } }
}

/** Each image that names no platform is looked into, once. */
async function withPlatforms(source: Source, entries: readonly IndexEntry[], options: Options): Promise<IndexEntry[]> {
  const known = new Map<string, Platform | undefined>()
  const complete: IndexEntry[] = []
  for (const entry of entries) {
    const { descriptor } = entry
    if (descriptor.platform || isAttestation(descriptor) || !isManifestType(descriptor.mediaType)) {
      complete.push(entry)
      continue
    }
    if (!known.has(descriptor.digest)) {
      known.set(descriptor.digest, await platformIn(source, await readManifest(source, descriptor, options), options))
    }
    complete.push(withPlatform(entry, known.get(descriptor.digest)))
  }
  return complete
}

function withPlatform({ raw, descriptor }: IndexEntry, platform: Platform | undefined): IndexEntry {
  return platform ? { raw: { ...raw, platform }, descriptor: { ...descriptor, platform } } : { raw, descriptor }
}

function forPlatforms(entries: readonly FoundEntry[], platforms: readonly Platform[]): FoundEntry[] {
  const images = new Set(platforms.flatMap(platform => entriesFor(entries, platform)))
  const digests = new Set([...images].map(({ descriptor }) => descriptor.digest))
  return entries.filter(entry => images.has(entry) || attestsTo(entry.descriptor, digests))
}

function writeOver(entries: readonly FoundEntry[], platform: Platform, where: string): FoundEntry[] {
  const images = entries.filter(({ descriptor }) => !isAttestation(descriptor))
  if (images.length !== 1) {
    throw new RegctlError('USAGE', `${where} brings ${images.length} images, and one platform cannot be that of all`, {
      hint: 'choose one with --platform',
    })
  }
  return entries.map(entry => (entry === images[0] ? { ...withPlatform(entry, platform), from: entry.from } : entry))
}

/** The images for this platform itself, and nothing that only runs there as well. */
export function entriesFor<E extends IndexEntry>(entries: readonly E[], platform: Platform): E[] {
  return entries.filter(
    ({ descriptor }) =>
      descriptor.platform && !isAttestation(descriptor) && matchesPlatform(descriptor.platform, platform),
  )
}
