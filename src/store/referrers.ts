import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import type { Manifest } from '../model/manifest.ts'
import { isIndexType, isManifestType } from '../model/media-types.ts'
import { readManifest } from './read.ts'
import type { Options, ReferrersOptions, Source } from './store.ts'

interface Found {
  descriptor: Descriptor
  manifest: Manifest
}

/**
 * Manifests under these roots whose `subject` is this one, each once, as the referrers API of a registry would list them:
 * `artifactType`, or else the config's media type, and all annotations come from the manifest itself (items 61 to 66).
 */
export async function* referrersUnder(
  source: Source,
  roots: Iterable<Descriptor>,
  subject: Descriptor,
  { artifactType, ...options }: ReferrersOptions = {},
): AsyncGenerator<Descriptor> {
  for await (const { descriptor, manifest } of walk(source, roots, options)) {
    if (manifest.subject?.digest !== subject.digest) continue
    const found = referrerEntry(descriptor, manifest)
    if (!artifactType || found.artifactType === artifactType) yield found
  }
}

/** Whether an index under these roots, or one of the roots, names this manifest. */
export async function isUnder(
  source: Source,
  roots: readonly Descriptor[],
  digest: Digest,
  options: Options = {},
): Promise<boolean> {
  if (roots.some(root => root.digest === digest)) return true
  const indexes = roots.filter(root => isIndexType(root.mediaType))
  for await (const { manifest } of walk(source, indexes, options)) {
    if (childManifests(manifest).some(child => child.digest === digest)) return true
  }
  return false
}

/** Manifests that an index names; none when it is no index, or cannot be read. */
export async function readableChildren(
  source: Source,
  target: Descriptor,
  options: Options = {},
): Promise<readonly Descriptor[]> {
  const manifest = await readable(source, target, options)
  return manifest ? childManifests(manifest) : []
}

/** Each manifest once, so that a crafted circle ends (item 65); what is missing or damaged refers to nothing. */
async function* walk(source: Source, roots: Iterable<Descriptor>, options: Options): AsyncGenerator<Found> {
  const queue = [...roots]
  const seen = new Set<Digest>()
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (seen.has(next.digest) || !isManifestType(next.mediaType)) continue
    seen.add(next.digest)
    const manifest = await readable(source, next, options)
    if (!manifest) continue
    yield { descriptor: next, manifest }
    queue.push(...childManifests(manifest))
  }
}

async function readable(source: Source, target: Descriptor, options: Options): Promise<Manifest | undefined> {
  try {
    return await readManifest(source, target, options)
  } catch (error) {
    if (error instanceof RegctlError) return undefined
    throw error
  }
}

function childManifests(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : []
}

/** What a list of referrers says of a manifest: with its type, and all its annotations (item 66). */
export function referrerEntry({ mediaType, digest, size }: Descriptor, manifest: Manifest): Descriptor {
  const { artifactType = manifest.kind === 'image' ? manifest.config?.mediaType : undefined, annotations } = manifest
  const found: Descriptor = { mediaType, digest, size }
  if (artifactType) found.artifactType = artifactType
  if (Object.keys(annotations).length > 0) found.annotations = annotations
  return found
}
