import { RegctlError } from '../model/errors.ts'
import type { ImageManifest, IndexManifest, Manifest } from '../model/manifest.ts'
import { isImageConfigType, isNondistributable, mediaTypes } from '../model/media-types.ts'
import { formatPlatform, isAttestation } from '../model/platform.ts'

/** What every `docker load` unpacks. */
const layerTypes: ReadonlySet<string> = new Set([
  mediaTypes.ociLayer,
  mediaTypes.ociLayerGzip,
  mediaTypes.dockerLayer,
  mediaTypes.dockerLayerGzip,
])
const attestationType = 'application/vnd.in-toto+json'
const elsewhere = 'oci-archive:FILE holds everything'

/** Refuses what `docker load` could not load. @throws RegctlError UNSUPPORTED, saying why and what to use */
export function admitToDocker(manifest: Manifest): void {
  if (manifest.kind === 'index') checkIndex(manifest)
  else if (!isAttestationManifest(manifest)) checkImage(manifest)
}

/** Provenance and SBOMs beside an image, which Docker passes over. */
export function isAttestationManifest({ layers }: ImageManifest): boolean {
  return layers.length > 0 && layers.every(layer => layer.mediaType === attestationType)
}

function checkIndex({ manifests }: IndexManifest): void {
  const images = manifests.filter(entry => !isAttestation(entry))
  if (images.length === 1) return
  const platforms = images.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []))
  const [first = 'linux/amd64'] = platforms
  throw refusal(
    `an image for one platform, and this index has ${images.length}`,
    `choose one, such as --platform ${first}; ${elsewhere}`,
  )
}

function checkImage({ config, layers, artifactType }: ImageManifest): void {
  if (!config || !isImageConfigType(config.mediaType)) {
    throw refusal(
      `images, and this is an artifact of type ${artifactType ?? config?.mediaType ?? 'unknown'}`,
      elsewhere,
    )
  }
  for (const { mediaType } of layers) {
    if (isNondistributable(mediaType)) throw refusal('all layers, and a foreign one must not be handed on', elsewhere)
    if (mediaType.endsWith('+zstd'))
      throw refusal('layers in gzip or plain, and one is in zstd', `${elsewhere}; Docker before 23 reads no zstd`)
    if (!layerTypes.has(mediaType)) throw refusal(`layers of tar, and one is of type ${mediaType}`, elsewhere)
  }
}

function refusal(what: string, hint: string): RegctlError {
  return new RegctlError('UNSUPPORTED', `an archive for docker load holds ${what}`, { hint })
}
