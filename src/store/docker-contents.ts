import { Readable } from 'node:stream'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { type ArchiveContents, blobsIn, layoutContents } from './archive-contents.ts'
import type { ArchiveFile } from './archive-file.ts'
import { makeManifest, readConfig } from './docker-image.ts'
import { imagesInLayout } from './docker-layout.ts'
import { parseSaved } from './docker-saved.ts'
import { indexCap, markerName } from './layout-folder.ts'
import { type Entry, emptyIndex, refName } from './layout-index.ts'
import type { Options } from './store.ts'
import type { Member } from './tar-index.ts'

/** Bytes of all configs that are read, one that is named again counted again: honest ones have a few KiB (T13). */
const maxConfigs = 64 * 1024 * 1024

/**
 * Reads what `docker save` wrote: of an archive that carries a layout (Docker 25 and later, and ours) the manifests in it, of a classic one
 * manifests that are made for what lies there. @throws InvalidContentError, NotFoundError, MismatchError
 */
export async function dockerContents(file: ArchiveFile, options: Options = {}): Promise<ArchiveContents> {
  const bytes = await file.text('manifest.json', indexCap, options)
  if (!bytes) throw notDocker(file)
  const shelf = new Shelf(file)
  const layout = file.find(markerName) ? await layoutContents(file, options) : undefined
  const known = layout && (await imagesInLayout(layout, file, options))
  const entries: Entry[] = []
  let configBytes = 0
  for (const image of parseSaved(bytes, file.where)) {
    const config = await readConfig(file, image, options)
    configBytes += config.bytes.length
    if (configBytes > maxConfigs) throw new InvalidContentError(`the configs in ${file.where} are too large together`)
    const found = known?.get(digestOf(config.bytes))
    const manifest = found?.manifest ?? shelf.add(await makeManifest(file, image, options))
    for (const name of image.names.length > 0 ? image.names : [undefined]) {
      entries.push(entryOf((name !== undefined && found?.roots.get(name)) || manifest, name))
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
