import { copy } from '../copy/copy.ts'
import type { CopyOptions } from '../copy/options.ts'
import { openBytes } from '../model/content.ts'
import type { Platform } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import type { IndexManifest } from '../model/manifest.ts'
import { attestedDigest, attestsTo, formatPlatform, isAttestation } from '../model/platform.ts'
import { formatPlace } from '../store/place.ts'
import { readManifest } from '../store/read.ts'
import { namedPlace, resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'
import { entriesFor, entriesIn, type FoundEntry, gather, type IndexEntry, type IndexSource } from './entries.ts'
import { mergeEntries } from './merge.ts'
import { type IndexWords, rewriteIndex, type WrittenIndex, writeIndex } from './write.ts'

/** Which images go into an index, and what happens to those that are in it. */
export interface AddOptions extends Pick<CopyOptions, 'signal' | 'jobs' | 'rateLimit' | 'onEvent' | 'notify'> {
  /** Only the images for these platforms; each must be among the sources. */
  platforms?: readonly Platform[] | undefined
  /** An image takes the place of one for the same platform; without it that is refused. */
  replace?: boolean | undefined
  /** List what is named without bringing it: an index with holes, which many registries refuse. */
  sparse?: boolean | undefined
}

/** Which images go into a new index, and what it says of itself. */
export type CreateOptions = AddOptions & IndexWords

/** An index as it was written. */
export interface ComposedIndex {
  reference: string
  /** Without tag or digest. */
  repository: string
  digest: Digest
  mediaType: string
  /** Bytes of the index itself. */
  size: number
  manifests: { platform: string | null; digest: Digest; mediaType: string; size: number; attests?: string }[]
}

/**
 * Makes an index of images from anywhere and names it: their content is brought first, so that nothing it lists is missing.
 * @throws NotFoundError; RegctlError EXISTS for two images of one platform, USAGE for what the format cannot say
 */
export async function createIndex(
  to: Place<Store>,
  sources: readonly IndexSource[],
  options: CreateOptions = {},
): Promise<ComposedIndex> {
  const entries = mergeEntries([], await gather(sources, options), options)
  const written = writeIndex(entries, options)
  if (!options.sparse) await bring(entries, to.store, options)
  return publish(to, written, { entries, signal: options.signal })
}

/** Adds images to an index that is there; what it has keeps its order and its fields. @throws as {@link createIndex} */
export async function addToIndex(
  place: Place<Store>,
  sources: readonly IndexSource[],
  options: AddOptions = {},
): Promise<ComposedIndex> {
  const to = await namedPlace(place, options)
  const index = await readIndex(to, options)
  const existing: FoundEntry[] = entriesIn(index).map(entry => ({ ...entry, from: to.store }))
  const entries = mergeEntries(existing, await gather(sources, options), options)
  const written = rewriteIndex(index, entries)
  if (!options.sparse)
    await bring(
      entries.filter(entry => !existing.includes(entry)),
      to.store,
      options,
    )
  return publish(to, written, { entries, signal: options.signal })
}

/** Which entries leave an index. */
export interface RemoveOptions extends Options {
  platforms?: readonly Platform[] | undefined
  digests?: readonly Digest[] | undefined
}

/** Takes images from an index, with their attestations; the images themselves stay where they are. @throws NotFoundError for one that it does not list */
export async function removeFromIndex(place: Place<Store>, options: RemoveOptions): Promise<ComposedIndex> {
  const to = await namedPlace(place, options)
  const index = await readIndex(to, options)
  const all = entriesIn(index)
  const gone = new Set<IndexEntry>()
  for (const platform of options.platforms ?? []) {
    const found = entriesFor(all, platform)
    if (found.length === 0) throw notListed(to, formatPlatform(platform), all)
    for (const entry of found) gone.add(entry)
  }
  for (const digest of options.digests ?? []) {
    const found = all.filter(({ descriptor }) => descriptor.digest === digest)
    if (found.length === 0) throw notListed(to, digest, all)
    for (const entry of found) gone.add(entry)
  }
  const stays = new Set(all.filter(entry => !gone.has(entry)).map(({ descriptor }) => descriptor.digest))
  const left = new Set([...gone].map(({ descriptor }) => descriptor.digest).filter(digest => !stays.has(digest)))
  const entries = all.filter(entry => !gone.has(entry) && !attestsTo(entry.descriptor, left))
  return publish(to, rewriteIndex(index, entries), { entries, signal: options.signal })
}

/** One after the other: each copy has lanes of its own, and what they share is found to be there. */
async function bring(entries: readonly FoundEntry[], to: Store, options: AddOptions): Promise<void> {
  const { signal, jobs, rateLimit, onEvent, notify } = options
  const brought = new Set<Digest>()
  for (const { descriptor, from } of entries) {
    const { digest } = descriptor
    if (brought.has(digest)) continue
    brought.add(digest)
    await copy(
      { store: from, reference: digest },
      { store: to, reference: digest },
      {
        signal,
        rateLimit,
        jobs,
        onEvent,
        notify,
      },
    )
  }
}

async function readIndex(place: Place, options: Options): Promise<IndexManifest> {
  const manifest = await readManifest(place.store, await resolvePlace(place, options), options)
  if (manifest.kind === 'index') return manifest
  throw new RegctlError('USAGE', `${formatPlace(place)} is an image and no index`, {
    hint: 'make an index of it first: regctl index create',
  })
}

async function publish(
  to: Place<Store>,
  { bytes, descriptor }: WrittenIndex,
  { entries, signal }: Options & { entries: readonly IndexEntry[] },
): Promise<ComposedIndex> {
  const tag = isDigest(to.reference) ? undefined : to.reference
  const open = openBytes(bytes)
  await to.store.push(descriptor, open, { tag, signal })
  const { digest, mediaType, size } = descriptor
  return {
    reference: formatPlace({ store: to.store, reference: tag ?? digest }),
    repository: to.store.location,
    digest,
    mediaType,
    size,
    manifests: entries.map(({ descriptor: { platform, annotations, ...entry } }) => ({
      platform: platform ? formatPlatform(platform) : null,
      digest: entry.digest,
      mediaType: entry.mediaType,
      size: entry.size,
      ...(isAttestation({ ...entry, ...(annotations && { annotations }) }) && {
        attests: attestedDigest({ annotations }) ?? '',
      }),
    })),
  }
}

function notListed(place: Place, what: string, entries: readonly IndexEntry[]): NotFoundError {
  const there = entries
    .filter(({ descriptor }) => !isAttestation(descriptor))
    .map(({ descriptor: { platform, digest } }) => (platform ? formatPlatform(platform) : digest))
  return new NotFoundError(`${formatPlace(place)} does not list ${what}`, {
    hint: there.length > 0 ? `it lists ${[...new Set(there)].slice(0, 20).join(', ')}` : 'it lists nothing',
  })
}
