import { createHash } from 'node:crypto'
import { lend } from '../http/lent.ts'
import { type Descriptor, descriptorOf } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { InvalidContentError, MismatchError, NotFoundError } from '../model/errors.ts'
import { maxManifestSize } from '../model/manifest.ts'
import { mediaTypes } from '../model/media-types.ts'
import type { ArchiveFile } from './archive-file.ts'
import { diffIds, type SavedImage } from './docker-saved.ts'
import type { Options } from './store.ts'
import type { Member } from './tar-index.ts'

/** A manifest for an image that has none in its archive, and where the archive has what it names. */
export interface MadeImage {
  descriptor: Descriptor
  bytes: Uint8Array
  members: ReadonlyMap<Digest, Member>
}

/** The config of a saved image. @throws MismatchError when it is named by a digest that is not its own (T11); NotFoundError */
export async function readConfig(
  file: ArchiveFile,
  { config }: SavedImage,
  options: Options = {},
): Promise<{ bytes: Buffer; member: Member }> {
  const member = file.find(config, { follow: true })
  if (!member) throw missing(file, config)
  const bytes = await file.bytes(member, maxManifestSize, options)
  // `<id>.json`, `blobs/sha256/<id>`, `sha256:<id>`: whoever names it so means the image's id.
  const named = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(config)?.[1]
  const digest = digestOf(bytes)
  if (named === undefined || digest === `sha256:${named}`) return { bytes, member }
  throw new MismatchError(`${config} in ${file.where} does not match: expected this digest, got ${digest}`, {
    hint: 'the archive was damaged or changed; save the image again',
  })
}

/**
 * The OCI manifest that describes a classic `docker save` exactly as it lies there: a layer that is not compressed is one of type tar under
 * its diff id, a compressed one is what it is. The config, and with it the image's id, stays what it was; the digest of the manifest depends
 * on nothing else, and is that of the original only where that had the same layers. @throws InvalidContentError, NotFoundError
 */
export async function makeManifest(file: ArchiveFile, image: SavedImage, options: Options = {}): Promise<MadeImage> {
  const { bytes: configBytes, member } = await readConfig(file, image, options)
  const config = descriptorOf(configBytes, mediaTypes.ociConfig)
  const ids = diffIds(configBytes, `${image.config} in ${file.where}`)
  if (ids.length !== image.layers.length) {
    throw new InvalidContentError(`${file.where} has ${image.layers.length} layers for an image of ${ids.length}`)
  }
  const members = new Map([[config.digest, member]])
  const layers: Descriptor[] = []
  for (const [at, name] of image.layers.entries()) {
    const layer = file.find(name, { follow: true })
    if (!layer) throw missing(file, name)
    const descriptor = await describeLayer(file, layer, ids[at] ?? config.digest, options)
    layers.push(descriptor)
    if (!members.has(descriptor.digest)) members.set(descriptor.digest, layer)
  }
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }))
  return { descriptor: descriptorOf(bytes, mediaTypes.ociManifest), bytes, members }
}

/** Only what is compressed has to be read for its digest: of a plain tar the config tells it, and whoever copies it verifies it. */
async function describeLayer(file: ArchiveFile, member: Member, diffId: Digest, options: Options): Promise<Descriptor> {
  const { size } = member
  const mediaType = await layerType(file, member)
  if (mediaType === mediaTypes.ociLayer) return { mediaType, digest: diffId, size }
  const digest = hashed.get(member) ?? (await hashOf(file, member, options))
  hashed.set(member, digest)
  return { mediaType, digest, size }
}

/** A layer may be listed ten thousand times, and is read once (T13). */
const hashed = new WeakMap<Member, Digest>()

async function hashOf(file: ArchiveFile, member: Member, options: Options): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of lend(file.read(member, options))) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

/** By what it begins with (item 81). */
async function layerType(file: ArchiveFile, member: Member): Promise<string> {
  const magic = (await file.bytes({ ...member, size: Math.min(4, member.size) }, 4)).toString('hex')
  if (magic.startsWith('1f8b')) return mediaTypes.ociLayerGzip
  return magic === '28b52ffd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer
}

function missing(file: ArchiveFile, name: string): NotFoundError {
  return new NotFoundError(`manifest.json in ${file.where} names ${name}, but the archive does not hold it`)
}
