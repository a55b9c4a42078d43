/** Media types of PROTOCOL 1.11. Types that are not listed are carried as opaque blobs (item 80). */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  /** Removed from the specification before 1.1, still stored in zot, Harbor and ACR. */
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  octets: 'application/octet-stream',
} as const

const indexes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerList])
const manifests: ReadonlySet<string> = new Set([
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  mediaTypes.ociArtifact,
])
const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig])
const schema1: ReadonlySet<string> = new Set([mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed])

/** One comma-joined header: some proxies keep only the first of several (items 10, 11). */
export const acceptManifests: string = [...manifests, ...indexes, mediaTypes.dockerSchema1Signed].join(', ')

export function isIndexType(mediaType: string): boolean {
  return indexes.has(mediaType)
}

/** Whether content of this type lives under `/manifests/`: the media type tells manifest from blob. */
export function isManifestType(mediaType: string): boolean {
  return manifests.has(mediaType) || indexes.has(mediaType) || schema1.has(mediaType)
}

/** Whether a config of this type is an image's: what else there is belongs to artifacts, charts, plugins. */
export function isImageConfigType(mediaType: string): boolean {
  return imageConfigs.has(mediaType)
}

export function isSchema1Type(mediaType: string): boolean {
  return schema1.has(mediaType)
}

/** Layers that SHOULD NOT be uploaded, told by their type and not by having `urls` (item 45). */
export function isNondistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.')
  )
}

/** `application/json; charset=utf-8` is `application/json` (item 12). */
export function withoutParameters(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

const mediaTypeGrammar = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i

/** A media type by RFC 6838, 4.2: what `artifactType` must be (item 84). */
export function isMediaType(text: string): boolean {
  return mediaTypeGrammar.test(text)
}
