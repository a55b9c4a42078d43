import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { childrenOf, maxNodes } from '../model/graph.ts'
import { isManifestType } from '../model/media-types.ts'
import type { ArchiveContents } from './archive-contents.ts'
import type { ArchiveFile } from './archive-file.ts'
import { canonicalName } from './docker-names.ts'
import { LayoutSource } from './layout-source.ts'
import { readManifest } from './read.ts'
import type { Options, Source } from './store.ts'

/** The annotation by which Docker and containerd know an image's full name in a layout. */
export const imageName = 'io.containerd.image.name'

/** What a layout has for one config. */
export interface KnownImage {
  manifest: Descriptor
  /** Entries by their full names that reach the manifest, and all that they reach is in the archive: such as an index of one platform. */
  roots: Map<string, Descriptor>
}

/** The images of a layout by their configs; each manifest is read once. @throws InvalidContentError for more than any archive has (T13) */
export async function imagesInLayout(
  layout: ArchiveContents,
  file: ArchiveFile,
  options: Options = {},
): Promise<ReadonlyMap<Digest, KnownImage>> {
  const { entries } = layout.index
  if (entries.length > maxNodes) throw new InvalidContentError(`${file.where} lists more than ${maxNodes} manifests`)
  const source = sourceOf(layout, file)
  const images = new Map<Digest, KnownImage>()
  const walks = new Map<Digest, Walk>()
  for (const { descriptor } of entries) {
    const walk = walks.get(descriptor.digest) ?? (await walkFrom(descriptor, { layout, source, options }))
    walks.set(descriptor.digest, walk)
    const name = fullName(descriptor)
    for (const [config, manifest] of walk.images) {
      const known = images.get(config) ?? { manifest, roots: new Map() }
      images.set(config, known)
      if (walk.isWhole && name !== undefined && !known.roots.has(name)) known.roots.set(name, bare(descriptor))
    }
  }
  return images
}

interface Walk {
  /** Manifests by their configs. */
  images: Map<Digest, Descriptor>
  isWhole: boolean
}

interface Ground {
  layout: ArchiveContents
  source: Source
  options: Options
}

async function walkFrom(root: Descriptor, { layout, source, options }: Ground): Promise<Walk> {
  const walk: Walk = { images: new Map(), isWhole: true }
  const seen = new Set<Digest>()
  const queue = [root]
  for (let next = queue.pop(); next && seen.size < maxNodes; next = queue.pop()) {
    if (seen.has(next.digest)) continue
    seen.add(next.digest)
    if (layout.size(next.digest) === undefined) walk.isWhole = false
    else if (isManifestType(next.mediaType)) {
      try {
        const manifest = await readManifest(source, next, options)
        if (manifest.kind === 'image' && manifest.config) walk.images.set(manifest.config.digest, bare(next))
        queue.push(...childrenOf(manifest))
      } catch (error) {
        // Docker looks at none of them; what is damaged is not taken for an image.
        if (!(error instanceof RegctlError)) throw error
        walk.isWhole = false
      }
    }
  }
  return walk
}

function sourceOf({ index, size, read }: ArchiveContents, file: ArchiveFile): Source {
  return new LayoutSource({
    location: file.where,
    entries: async () => index.entries,
    size: async digest => size(digest),
    read: async (digest, options) => read(digest, options),
  })
}

function fullName({ annotations }: Descriptor): string | undefined {
  const name = annotations?.[imageName]
  try {
    return name === undefined ? undefined : canonicalName(name)
  } catch {
    return undefined
  }
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}
