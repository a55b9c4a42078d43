import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { ImageManifest, IndexManifest } from '../model/manifest.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { type ImageConfig, readImageConfig } from './config.ts'
import { describePlatforms, type PlatformSummary } from './platforms.ts'

/** A layer, and the step of the build that made it. */
export interface LayerSummary {
  digest: Digest
  mediaType: string
  /** Bytes, compressed. */
  size: number
  /** The step of the build that made it, where the config tells. */
  createdBy: string | null
}

/** One image, as `inspect --json` reports it. */
export interface ImageReport {
  reference: string
  digest: Digest
  mediaType: string
  /** The image id: the config's digest. */
  id: Digest | null
  /** Bytes a pull transfers: config and layers, compressed, each digest once (item 94). */
  size: number
  os: string | null
  architecture: string | null
  variant: string | null
  created: string | null
  config: ImageConfig['run'] | null
  layers: LayerSummary[]
  history: { created: string | null; createdBy: string | null; empty: boolean }[]
  annotations: Record<string, string>
  artifactType: string | null
  subject: Descriptor | null
}

/** An index, as `inspect --json` reports it: attestations are marked, not counted as platforms. */
export interface IndexReport {
  reference: string
  digest: Digest
  mediaType: string
  /** Bytes over all platforms, each digest once. */
  size: number
  annotations: Record<string, string>
  artifactType: string | null
  subject: Descriptor | null
  platforms: PlatformSummary[]
}

/** What `inspect` gives. */
export type Report = ImageReport | IndexReport

/** Tells an index, with its platforms, from one image. */
export function isIndexReport(report: Report): report is IndexReport {
  return 'platforms' in report
}

/** What there is to know of an image or index, in as few requests as tell it. @throws NotFoundError, MismatchError, InvalidContentError */
export async function inspect(
  source: Source,
  root: Descriptor,
  { reference, ...options }: Options & { reference: string },
): Promise<Report> {
  const manifest = await readManifest(source, root, options)
  const common = { reference, digest: root.digest, mediaType: manifest.mediaType }
  return manifest.kind === 'index'
    ? { ...common, ...(await reportIndex(source, manifest, options)) }
    : { ...common, ...(await reportImage(source, manifest, options)) }
}

async function reportIndex(
  source: Source,
  index: IndexManifest,
  options: Options,
): Promise<Omit<IndexReport, 'reference' | 'digest' | 'mediaType'>> {
  const { platforms, size } = await describePlatforms(source, index, options)
  return { size, ...commonParts(index), platforms }
}

async function reportImage(
  source: Source,
  image: ImageManifest,
  options: Options,
): Promise<Omit<ImageReport, 'reference' | 'digest' | 'mediaType'>> {
  const config = image.config && (await readImageConfig(source, image.config, options))
  const steps = config?.history.filter(step => !step.empty) ?? []
  // History belongs to layers only where there is a step for each of them.
  const aligned = steps.length === image.layers.length
  return {
    id: image.config?.digest ?? null,
    size: sizeOf(image),
    os: config?.os ?? null,
    architecture: config?.architecture ?? null,
    variant: config?.variant ?? null,
    created: config?.created ?? null,
    config: config?.run ?? null,
    layers: image.layers.map(({ digest, mediaType, size }, i) => ({
      digest,
      mediaType,
      size,
      createdBy: (aligned && steps[i]?.createdBy) || null,
    })),
    history: config?.history ?? [],
    ...commonParts(image),
    artifactType: image.artifactType ?? (config ? null : (image.config?.mediaType ?? null)),
  }
}

/** Config and layers in bytes, each digest once. */
export function sizeOf({ config, layers }: ImageManifest): number {
  const parts = new Map([...layers, ...(config ? [config] : [])].map(part => [part.digest, part.size]))
  return [...parts.values()].reduce((sum, size) => sum + size, 0)
}

function commonParts({ annotations, artifactType, subject }: ImageManifest | IndexManifest) {
  return { annotations: { ...annotations }, artifactType: artifactType ?? null, subject: subject ?? null }
}
