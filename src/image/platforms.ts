import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { mapInTurns } from '../model/in-turns.ts'
import type { ImageManifest, IndexManifest } from '../model/manifest.ts'
import { isManifestType } from '../model/media-types.ts'
import { attestedDigest, formatPlatform, isAttestation } from '../model/platform.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { type ImageConfig, readImageConfig } from './config.ts'

/** One entry of an index. */
export interface PlatformSummary {
  /** `linux/arm64/v8`; from the entry, else from the config (item 93). */
  platform: string
  digest: Digest
  mediaType: string
  /** The config's digest; null for what is not an image. */
  id: Digest | null
  /** Bytes of config and layers. */
  size: number
  created: string | null
  /** Present on an attestation: the digest of the image it speaks of. */
  attests?: string
}

interface Entry extends PlatformSummary {
  parts: readonly Descriptor[]
}

/** The entries of an index, and the bytes of all its platforms together, each digest once. */
export async function describePlatforms(
  source: Source,
  index: IndexManifest,
  options: Options,
): Promise<{ platforms: PlatformSummary[]; size: number }> {
  // An index may list one child thousands of times (T13): it is read once.
  const read = readOnce(source, options)
  const entries = await mapInTurns(index.manifests, entry => describeEntry(read, entry))
  const parts = new Map(
    entries
      .filter(({ attests }) => attests === undefined)
      .flatMap(entry => entry.parts.map(part => [part.digest, part.size] as const)),
  )
  return {
    platforms: entries.map(({ parts: _, ...summary }) => summary),
    size: total([...parts.values()]),
  }
}

/** What an entry's digest leads to, whatever the entry says of its platform. */
interface Child {
  manifest: ImageManifest | IndexManifest
  parts: readonly Descriptor[]
  config: ImageConfig | undefined
}

/** Reads each child once; the bytes of a child depend on more than its digest only where an index claims two sizes or types for it. */
function readOnce(source: Source, options: Options): (entry: Descriptor) => Promise<Child> {
  const known = new Map<string, Promise<Child>>()
  const manifests = new Map<string, Promise<ImageManifest | IndexManifest>>()
  const manifestOf = (entry: Descriptor) => once(manifests, entry, () => readManifest(source, entry, options))
  const read = async (entry: Descriptor): Promise<Child> => {
    const manifest = await manifestOf(entry)
    const config =
      manifest.kind === 'image' && manifest.config ? await readImageConfig(source, manifest.config, options) : undefined
    return { manifest, parts: await partsOf(manifest, manifestOf), config }
  }
  return entry => once(known, entry, () => read(entry))
}

function once<T>(known: Map<string, Promise<T>>, entry: Descriptor, read: () => Promise<T>): Promise<T> {
  const key = `${entry.digest} ${entry.size} ${entry.mediaType}`
  const found = known.get(key) ?? read()
  known.set(key, found)
  return found
}

async function describeEntry(read: (entry: Descriptor) => Promise<Child>, entry: Descriptor): Promise<Entry> {
  const child = isManifestType(entry.mediaType) ? await read(entry) : undefined
  const { manifest, config, parts = [] } = child ?? {}
  const platform =
    entry.platform ??
    (config && {
      os: config.os ?? 'unknown',
      architecture: config.architecture ?? 'unknown',
      ...(config.variant && { variant: config.variant }),
    })
  return {
    platform: platform ? formatPlatform(platform) : 'unknown/unknown',
    digest: entry.digest,
    mediaType: entry.mediaType,
    id: (manifest?.kind === 'image' && manifest.config?.digest) || null,
    size: total([...new Map(parts.map(part => [part.digest, part.size])).values()]),
    created: config?.created ?? null,
    ...(isAttestation(entry) && { attests: attestedDigest(entry) ?? '' }),
    parts,
  }
}

/** Config and layers; for a nested index those of its images, one level down: deeper nesting is not seen in the wild. */
async function partsOf(
  manifest: ImageManifest | IndexManifest,
  manifestOf: (entry: Descriptor) => Promise<ImageManifest | IndexManifest>,
): Promise<Descriptor[]> {
  if (manifest.kind === 'image') return imageParts(manifest)
  const entries = manifest.manifests.filter(entry => isManifestType(entry.mediaType))
  const nested = await mapInTurns([...new Map(entries.map(entry => [entry.digest, entry])).values()], manifestOf)
  return nested.flatMap(image => (image.kind === 'image' ? imageParts(image) : []))
}

function imageParts({ config, layers }: ImageManifest): Descriptor[] {
  return [...layers, ...(config ? [config] : [])]
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}
