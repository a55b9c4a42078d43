import { Readable } from 'node:stream'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { isManifestType, mediaTypes } from '../model/media-types.ts'
import { type ArchiveContents, blobsIn, layoutContents } from './archive-contents.ts'
import type { ArchiveFile } from './archive-file.ts'
import { reachedFrom } from './archive-merge.ts'
import { makeManifest, readConfig } from './docker-image.ts'
import { canonicalName } from './docker-names.ts'
import { parseSaved, type SavedImage } from './docker-saved.ts'
import { indexCap, markerName } from './layout-folder.ts'
import { type Entry, emptyIndex, refName } from './layout-index.ts'
import { LayoutSource } from './layout-source.ts'
import { readManifest } from './read.ts'
import type { Options, Source } from './store.ts'
import type { Member } from './tar-index.ts'

/** The annotation by which Docker and containerd know an image's full name in a layout. */
export const imageName = 'io.containerd.image.name'

/**
 * Reads what `docker save` wrote: of an archive that carries a layout (Docker 25 and later, and ours) the manifests in it, of a classic one
 * manifests that are made for what lies there. @throws InvalidContentError, NotFoundError, MismatchError
 */
export async function dockerContents(file: ArchiveFile, options: Options = {}): Promise<ArchiveContents> {
  const bytes = await file.text('manifest.json', indexCap, options)
  if (!bytes) throw notDocker(file)
  const shelf = new Shelf(file)
  const layout = file.find(markerName) ? await layoutContents(file, options) : undefined
  const source = layout && sourceOf(layout, file)
  const entries: Entry[] = []
  for (const image of parseSaved(bytes, file.where)) {
    const made = async () => shelf.add(await makeManifest(file, image, options))
    const known = layout && source ? await inLayout({ file, image, layout, source }, options) : undefined
    for (const name of image.names.length > 0 ? image.names : [undefined]) {
      entries.push(entryOf(known?.(name) ?? (await made()), name))
    }
  }
  return {
    index: { raw: layout?.index.raw ?? emptyIndex.raw, entries },
    digests: () => shelf.digests(),
    size: digest => shelf.size(digest),
    read: (digest, options) => shelf.read(digest, options),
  }
}

/** Blobs of the layout, members that were found to be content, and manifests that were made. */
class Shelf implements Omit<ArchiveContents, 'index'> {
  readonly #file: ArchiveFile
  readonly #blobs: Omit<ArchiveContents, 'index'>
  readonly #members = new Map<Digest, Member>()
  readonly #made = new Map<Digest, Uint8Array>()

  constructor(file: ArchiveFile) {
    this.#file = file
    this.#blobs = blobsIn(file)
  }

  add({ descriptor, bytes, members }: Awaited<ReturnType<typeof makeManifest>>): Descriptor {
    this.#made.set(descriptor.digest, bytes)
    for (const [digest, member] of members) if (!this.#members.has(digest)) this.#members.set(digest, member)
    return descriptor
  }

  digests: ArchiveContents['digests'] = () =>
    new Set([...this.#blobs.digests(), ...this.#members.keys(), ...this.#made.keys()])

  size: ArchiveContents['size'] = digest =>
    this.#made.get(digest)?.length ?? this.#members.get(digest)?.size ?? this.#blobs.size(digest)

  read: ArchiveContents['read'] = (digest, options) => {
    const bytes = this.#made.get(digest)
    if (bytes) return Readable.from([Buffer.from(bytes.subarray(options?.offset ?? 0))], { objectMode: false })
    const member = this.#members.get(digest)
    return member ? this.#file.read(member, options) : this.#blobs.read(digest, options)
  }
}

interface Saved {
  file: ArchiveFile
  image: SavedImage
  layout: ArchiveContents
  source: Source
}

/**
 * What the layout has for a saved image: the entry of that name where all below it is in the archive, such as an index of one platform;
 * else the manifest with the same config. `undefined` where it has neither.
 */
async function inLayout(
  { file, image, layout, source }: Saved,
  options: Options,
): Promise<(name: string | undefined) => Descriptor | undefined> {
  const config = digestOf((await readConfig(file, image, options)).bytes)
  const roots: { name: string | undefined; descriptor: Descriptor }[] = []
  let manifest: Descriptor | undefined
  for (const { descriptor } of layout.index.entries) {
    const reached = await reachedFrom(source, [descriptor], options)
    if (!reached?.has(config)) continue
    const isWhole = [...reached].every(digest => layout.size(digest) !== undefined)
    if (isWhole) roots.push({ name: fullName(descriptor), descriptor: bare(descriptor) })
    manifest ??= await imageWith(config, descriptor, source, options)
  }
  return name => roots.find(root => root.name !== undefined && root.name === name)?.descriptor ?? manifest
}

/** The image with this config, at or below a manifest. */
async function imageWith(
  config: Digest,
  root: Descriptor,
  source: Source,
  options: Options,
): Promise<Descriptor | undefined> {
  const queue = [root]
  const seen = new Set<Digest>()
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (seen.has(next.digest) || !isManifestType(next.mediaType)) continue
    seen.add(next.digest)
    if ((await source.stat({ ...next, mediaType: mediaTypes.octets }, options)) === undefined) continue
    const manifest = await readManifest(source, next, options)
    if (manifest.kind === 'index') queue.push(...manifest.manifests)
    else if (manifest.config?.digest === config) return bare(next)
  }
  return undefined
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

function entryOf(target: Descriptor, name: string | undefined): Entry {
  const descriptor = name === undefined ? target : { ...target, annotations: { [refName]: name } }
  return { raw: { ...descriptor }, descriptor }
}

function notDocker(file: ArchiveFile): InvalidContentError {
  const names = new Set(file.names())
  const hint = names.has(markerName)
    ? `it is an image layout: use oci-archive:${file.where}`
    : names.has('repositories')
      ? 'it was saved by a Docker before 1.10: load it there, and save it with a newer one'
      : 'it holds no image'
  return new InvalidContentError(`${file.where} was not written by docker save: it has no manifest.json`, { hint })
}
