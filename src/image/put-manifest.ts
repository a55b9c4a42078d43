import { openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, type Digest, hasherFor, isDigest } from '../model/digest.ts'
import { MismatchError, NotFoundError } from '../model/errors.ts'
import { childrenOf } from '../model/graph.ts'
import { parseManifest } from '../model/manifest.ts'
import { isManifestType, isNondistributable, mediaTypes } from '../model/media-types.ts'
import { listSome } from '../model/nearest.ts'
import { formatPlace } from '../store/place.ts'
import type { Options, Place, Store } from '../store/store.ts'

/** What is checked before a manifest is put. */
export interface PutManifestOptions extends Options {
  /** What the bytes are said to be; it must agree with what they say themselves (item 47). */
  mediaType?: string | undefined
  /** Look whether everything it lists is there; a registry does so itself (item 49). */
  checkChildren?: boolean
}

/**
 * Puts a manifest, byte for byte, under the tag or digest of a place; under its own digest where that names nothing.
 * @throws InvalidContentError for what is no manifest, is another than it is said to be, or has more than 4 MiB; UNSUPPORTED for schema 1;
 * MismatchError when the place names another digest; NotFoundError when something it lists is missing
 */
export async function putManifest(
  place: Place<Store>,
  bytes: Uint8Array,
  { mediaType = '', checkChildren = false, signal }: PutManifestOptions = {},
): Promise<Descriptor> {
  const manifest = parseManifest(bytes, mediaType)
  const asked = isDigest(place.reference) ? place.reference : undefined
  const target = { mediaType: manifest.mediaType, digest: digestLike(bytes, asked), size: bytes.length }
  if (asked && asked !== target.digest) {
    throw new MismatchError(`${formatPlace(place)} cannot hold this manifest: its digest is ${target.digest}`)
  }
  if (checkChildren) await requireChildren(place.store, childrenOf(manifest), { signal })
  const tag = asked || place.reference === '' ? undefined : place.reference
  await place.store.push(target, openBytes(bytes), {
    tag,
    signal,
  })
  return target
}

/** By the algorithm of the digest that was asked for, else sha256. */
function digestLike(bytes: Uint8Array, asked: Digest = 'sha256:'): Digest {
  return `${algorithmOf(asked)}:${hasherFor(asked).update(bytes).digest('hex')}`
}

async function requireChildren(store: Store, children: readonly Descriptor[], options: Options): Promise<void> {
  const missing: Digest[] = []
  for (const { digest, mediaType } of children) {
    if (isNondistributable(mediaType)) continue
    const found = await store.stat(
      { digest, mediaType: isManifestType(mediaType) ? mediaType : mediaTypes.octets },
      options,
    )
    if (!found) missing.push(digest)
  }
  if (missing.length > 0)
    throw new NotFoundError(`${store.location} lacks content that the manifest refers to: ${listSome(missing)}`)
}
