import { openBytes } from '../model/content.ts'
import { type Descriptor, descriptorOf } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError, RegctlError, reworded } from '../model/errors.ts'
import { maxDepth, maxNodes } from '../model/graph.ts'
import type { IndexManifest, Manifest } from '../model/manifest.ts'
import { isIndexType, isManifestType } from '../model/media-types.ts'
import type { Notify } from '../model/notice.ts'
import { isAttestation } from '../model/platform.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { type ImageFormat, isOfFormat, type Rewritten, refused, rewriteImage, rewriteIndex } from './format.ts'
import { createLimit } from './limit.ts'

/** Manifests written anew that one conversion may hold in memory, in bytes (T12). */
const maxHeld = 64 * 1024 * 1024
const atOnce = 8

export interface Converted {
  /** The source, as if it held the image in this format. */
  source: Source
  root: Descriptor
}

interface Image {
  descriptor: Descriptor
  read(): Promise<Manifest>
}

/**
 * An image or index in another format: its manifests are read and written anew, and served beside the source's own blobs, which stay as
 * they are. What is of that format already stays byte for byte. Told of what the format has no place for (FORMAT_DROPS).
 * @throws RegctlError UNSUPPORTED for what it cannot say: artifacts, zstd layers and nested indexes in Docker's
 */
export async function convert(
  source: Source,
  image: Image,
  { format, notify, ...options }: Options & { format: ImageFormat; notify?: Notify | undefined },
): Promise<Converted> {
  const contents = new Map<Digest, Buffer>()
  const known = new Map<Digest, Promise<Descriptor>>()
  const dropped = new Set<string>()
  const limit = createLimit(atOnce)
  let held = 0
  const root = await convertNode(image, 0)
  if (dropped.size > 0) {
    notify?.({
      code: 'FORMAT_DROPS',
      message: `${source.location}: Docker's format has no place for ${[...dropped].join(' and ')}: they are left out`,
    })
  }
  return { source: contents.size > 0 ? withContents(source, contents) : source, root }

  async function convertNode({ descriptor, read }: Image, depth: number): Promise<Descriptor> {
    if (depth > maxDepth)
      throw new InvalidContentError(`${descriptor.digest} is nested more than ${maxDepth} levels deep`)
    const isIndex = isIndexType(descriptor.mediaType)
    if (!isIndex && isOfFormat(descriptor.mediaType, format)) return descriptor
    const manifest = await limit(read)
    try {
      const rewritten = manifest.kind === 'index' ? await convertIndex(manifest, depth) : rewriteImage(manifest, format)
      return rewritten ? keep(rewritten) : descriptor
    } catch (error) {
      // Said of the manifest itself, and not of all that it is in.
      if (!(error instanceof RegctlError) || error.code !== 'UNSUPPORTED' || error.cause !== undefined) throw error
      throw reworded(error, `${descriptor.digest}: ${error.message}`)
    }
  }

  /** `undefined` when nothing of it changes. */
  async function convertIndex(index: IndexManifest, depth: number): Promise<Rewritten | undefined> {
    const entries = await Promise.all(index.manifests.map(entry => convertEntry(entry, depth + 1)))
    const isSame = entries.every((entry, at) => entry?.digest === index.manifests[at]?.digest)
    if (isSame && isOfFormat(index.mediaType, format)) return undefined
    return rewriteIndex(index.bytes, entries, format)
  }

  async function convertEntry(entry: Descriptor, depth: number): Promise<Descriptor | undefined> {
    if (format === 'docker' && isAttestation(entry)) {
      dropped.add('attestations')
      return undefined
    }
    if (format === 'docker' && isIndexType(entry.mediaType)) throw refused(format, 'it has an index within the index')
    if (!isManifestType(entry.mediaType)) return entry
    const converted =
      known.get(entry.digest) ??
      convertNode({ descriptor: entry, read: () => readManifest(source, entry, options) }, depth)
    if (known.size >= maxNodes) throw new InvalidContentError(`${entry.digest} is one of more than ${maxNodes} parts`)
    known.set(entry.digest, converted)
    return converted
  }

  function keep({ bytes, mediaType, dropped: without }: Rewritten): Descriptor {
    held += bytes.length
    if (held > maxHeld) throw new InvalidContentError(`the manifests in the new format have more than ${maxHeld} bytes`)
    for (const each of without) dropped.add(each)
    const descriptor = descriptorOf(bytes, mediaType)
    contents.set(descriptor.digest, bytes)
    return descriptor
  }
}

function withContents(source: Source, contents: ReadonlyMap<Digest, Buffer>): Source {
  return {
    location: source.location,
    resolve: (reference, options) => source.resolve(reference, options),
    stat: (target, options) => source.stat(target, options),
    fetch: async (target, options) => {
      const bytes = contents.get(target.digest)
      return bytes ? openBytes(bytes)(options?.offset) : source.fetch(target, options)
    },
    tags: options => source.tags(options),
    referrers: (subject, options) => source.referrers(subject, options),
  }
}
