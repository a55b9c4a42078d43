import { type Descriptor, isObject, type Platform } from '../model/descriptor.ts'
import { NotFoundError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { type ImageManifest, type IndexManifest, narrowIndex } from '../model/manifest.ts'
import { isIndexType } from '../model/media-types.ts'
import { attestsTo, choosePlatform, formatPlatform, isAttestation, matchesPlatform } from '../model/platform.ts'
import { readManifest, readVerified } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** What is copied: the root as it is, or an index written anew with fewer platforms. */
export interface Selection {
  root: Descriptor
  /** The new index; absent when the root is copied as it is. */
  bytes?: Uint8Array
}

/**
 * Narrows an index to the platforms asked for, with the attestations that belong to them; digests of what is kept never change.
 * @throws NotFoundError naming the platforms there are
 */
export async function selectPlatforms(
  source: Source,
  root: Descriptor,
  wanted: readonly Platform[],
  options: Options = {},
): Promise<Selection> {
  if (wanted.length === 0) return { root }
  const manifest = await readManifest(source, root, options)
  if (manifest.kind === 'image') {
    await checkPlatform(source, manifest, wanted, options)
    return { root }
  }
  const kept = chooseEntries(source, manifest, wanted)
  if (manifest.manifests.every(entry => kept.has(entry))) return { root }
  const { bytes, descriptor } = narrowIndex(manifest, entry => kept.has(entry))
  return { root: descriptor, bytes }
}

/** The one image for a platform: `inspect --platform`, `digest --platform`. A root that is an image already is held against the platform. */
export async function selectImage(
  source: Source,
  root: Descriptor,
  wanted: Platform,
  options: Options = {},
): Promise<Descriptor> {
  if (!isIndexType(root.mediaType)) {
    const manifest = await readManifest(source, root, options)
    if (manifest.kind === 'image') await checkPlatform(source, manifest, [wanted], options)
    return root
  }
  const index = await readManifest(source, root, options)
  if (index.kind === 'image') return root
  const entry = choosePlatform(index.manifests, wanted)
  if (!entry) throw noPlatform(source, wanted, platformsOf(index))
  return entry
}

function chooseEntries(source: Source, index: IndexManifest, wanted: readonly Platform[]): Set<Descriptor> {
  const chosen = wanted.map(platform => {
    const entry = choosePlatform(index.manifests, platform)
    if (!entry) throw noPlatform(source, platform, platformsOf(index))
    return entry
  })
  const digests = new Set<string>(chosen.map(entry => entry.digest))
  const attestations = index.manifests.filter(entry => attestsTo(entry, digests))
  return new Set([...chosen, ...attestations])
}

async function checkPlatform(
  source: Source,
  manifest: ImageManifest,
  wanted: readonly Platform[],
  options: Options,
): Promise<void> {
  const actual = manifest.config && (await platformOf(source, manifest.config, options))
  for (const platform of wanted) {
    if (!actual || !matchesPlatform(actual, platform))
      throw noPlatform(source, platform, actual ? [formatPlatform(actual)] : [])
  }
}

/** A single image keeps its platform in its config (item 93). */
async function platformOf(source: Source, config: Descriptor, options: Options): Promise<Platform | undefined> {
  const value = parseJson(await readVerified(source, config, options), `config ${config.digest}`)
  if (!isObject(value) || typeof value.os !== 'string' || typeof value.architecture !== 'string') return undefined
  return {
    os: value.os,
    architecture: value.architecture,
    ...(typeof value.variant === 'string' && { variant: value.variant }),
  }
}

function platformsOf(index: IndexManifest): string[] {
  return index.manifests.flatMap(entry =>
    entry.platform && !isAttestation(entry) ? [formatPlatform(entry.platform)] : [],
  )
}

function noPlatform({ location }: Source, wanted: Platform, there: readonly string[]): NotFoundError {
  return new NotFoundError(`${location} has no image for ${formatPlatform(wanted)}`, {
    hint: there.length > 0 ? `it has ${[...new Set(there)].join(', ')}` : 'it names no platform at all',
  })
}
