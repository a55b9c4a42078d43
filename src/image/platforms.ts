import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { ImageManifest, IndexManifest } from '../model/manifest.ts'
import { isManifestType } from '../model/media-types.ts'
import { formatPlatform, isAttestation } from '../model/platform.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { readImageConfig } from './config.ts'
import { mapInTurns } from './in-turns.ts'

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
  const entries = await mapInTurns(index.manifests, entry => describeEntry(source, entry, options))
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

async function describeEntry(source: Source, entry: Descriptor, options: Options): Promise<Entry> {
  const image = isManifestType(entry.mediaType) ? await readManifest(source, entry, options) : undefined
  const parts = image ? await partsOf(source, image, options) : []
  const config =
    image?.kind === 'image' && image.config ? await readImageConfig(source, image.config, options) : undefined
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
    id: (image?.kind === 'image' && image.config?.digest) || null,
    size: total([...new Map(parts.map(part => [part.digest, part.size])).values()]),
    created: config?.created ?? null,
    ...(isAttestation(entry) && { attests: entry.annotations?.['vnd.docker.reference.digest'] ?? '' }),
    parts,
  }
}

/** Config and layers; for a nested index those of its images, one level down: deeper nesting is not seen in the wild. */
async function partsOf(
  source: Source,
  manifest: ImageManifest | IndexManifest,
  options: Options,
): Promise<Descriptor[]> {
  if (manifest.kind === 'image') return [...manifest.layers, ...(manifest.config ? [manifest.config] : [])]
  const nested = await mapInTurns(
    manifest.manifests.filter(entry => isManifestType(entry.mediaType)),
    entry => readManifest(source, entry, options),
  )
  return nested.flatMap(image =>
    image.kind === 'image' ? [...image.layers, ...(image.config ? [image.config] : [])] : [],
  )
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}
