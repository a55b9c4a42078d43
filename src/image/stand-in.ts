import { randomBytes } from 'node:crypto'
import { openBytes } from '../model/content.ts'
import { type Descriptor, descriptorOf } from '../model/descriptor.ts'
import { RegctlError, reworded } from '../model/errors.ts'
import { mediaTypes } from '../model/media-types.ts'
import { formatPlace } from '../store/place.ts'
import { readVerified } from '../store/read.ts'
import { lookUp, resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'

interface Bytes {
  descriptor: Descriptor
  bytes: Buffer
}

/**
 * Removes a tag where a registry removes only digests, as the Go regctl does (item 70): a manifest that nobody else can have is put under
 * the tag, and then removed by its digest, which takes the tag along. The digest that is removed is that of 32 random bytes' manifest, is
 * seen to be unknown before and to be what the tag names after the push; on any failure the tag is given back.
 * @throws RegctlError FAILED, UNSUPPORTED: the tag names what it named before
 */
export async function untagByStandIn(place: Place<Store>, options: Options = {}): Promise<void> {
  const { store, reference: tag } = place
  const image = await resolvePlace(place, options)
  const original = { descriptor: image, bytes: await readVerified(store, image, options) }
  const { config, manifest } = makeStandIn(image.mediaType)
  if (await store.stat(manifest.descriptor, options)) throw new RegctlError('FAILED', 'the stand-in is no new manifest')
  await push(store, config, options)
  // The tag is given back also after Ctrl-C: hence without the signal.
  const giveBack = () => push(store, original, { tag })
  await push(store, manifest, { ...options, tag }).catch(async error => {
    await giveBack()
    throw withState(error, place)
  })
  // From here on the tag may be another writer's, and is given back only where it is not.
  const now = await named(store, tag, options)
  if (now !== manifest.descriptor.digest) {
    throw new RegctlError(
      'FAILED',
      `${formatPlace(place)} was changed by somebody else at the same moment: it names ${now} now`,
    )
  }
  await store.delete(manifest.descriptor, options).catch(async error => {
    await giveBack()
    throw withState(error, place)
  })
  if ((await named(store, tag, options)) !== manifest.descriptor.digest) return
  await giveBack()
  throw new RegctlError('FAILED', `${formatPlace(place)} outlives what it names; it names its image again`)
}

async function push(store: Store, { descriptor, bytes }: Bytes, options: Options & { tag?: string }): Promise<void> {
  await store.push(descriptor, openBytes(bytes), options)
}

/** The digest that a tag names, or `nothing`. */
async function named(store: Store, tag: string, options: Options): Promise<string> {
  return (await lookUp(store, tag, options))?.digest ?? 'nothing'
}

function withState(error: unknown, place: Place<Store>): unknown {
  if (!(error instanceof RegctlError)) return error
  return reworded(error, `${error.message}; ${formatPlace(place)} names its image again`)
}

/** An image of no layers, of the family of the one whose tag it takes; its label is 32 random bytes. */
function makeStandIn(mediaType: string): { config: Bytes; manifest: Bytes } {
  const isDocker = mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.dockerList
  const config = json(isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { 'regctl-js.stand-in': randomBytes(32).toString('hex') } },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  })
  const type = isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  return { config, manifest: json(type, { schemaVersion: 2, mediaType: type, config: config.descriptor, layers: [] }) }
}

function json(mediaType: string, value: object): Bytes {
  const bytes = Buffer.from(JSON.stringify(value))
  return { descriptor: descriptorOf(bytes, mediaType), bytes }
}
