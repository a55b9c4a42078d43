import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { isImageConfigType, mediaTypes } from '../model/media-types.ts'

/** How manifests are written: OCI's image specification, or Docker's schema 2 before it. */
export type ImageFormat = 'oci' | 'docker'
export const imageFormats = ['oci', 'docker'] as const

type Json = Record<string, unknown>

/** A layer in both formats; its bytes are the same. */
const layers: readonly [oci: string, docker: string][] = [
  [mediaTypes.ociLayerGzip, mediaTypes.dockerLayerGzip],
  [mediaTypes.ociLayer, mediaTypes.dockerLayer],
  [
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', 'application/vnd.docker.image.rootfs.foreign.diff.tar'],
]
/** containerd's name for it; Docker itself never had one. */
const dockerLayerZstd = 'application/vnd.docker.image.rootfs.diff.tar.zstd'
const toOci = new Map([
  ...layers.map(([oci, docker]) => [docker, oci] as const),
  [dockerLayerZstd, mediaTypes.ociLayerZstd],
])
const toDocker = new Map(layers)

/** Whether a manifest or index is of this format; what is in neither (OCI's short-lived artifact manifest) is OCI's. */
export function isOfFormat(mediaType: string, format: ImageFormat): boolean {
  const isDocker = mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.dockerList
  return isDocker === (format === 'docker')
}

/** A manifest in the other format, and what that format has no place for. */
export interface Rewritten {
  bytes: Buffer
  mediaType: string
  dropped: string[]
}

/**
 * An image in the other format: other media types around the same config and the same layers.
 * @throws RegctlError UNSUPPORTED for what the format cannot say
 */
export function rewriteImage(manifest: ImageManifest, format: ImageFormat): Rewritten {
  const json = objectOf(manifest.bytes)
  const { mediaType } = manifest.config ?? {}
  const type = format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest
  if (manifest.artifactType !== undefined || !isImageConfigType(mediaType ?? '')) {
    throw refused(format, `it is ${manifest.artifactType ?? mediaType ?? 'an artifact'}, and no image`)
  }
  if (format === 'oci') {
    return written(type, {
      ...json,
      mediaType: type,
      config: { ...objectFrom(json.config), mediaType: mediaTypes.ociConfig },
      layers: listFrom(json.layers).map(layer => ({ ...layer, mediaType: layerType(layer, format) })),
    })
  }
  if (manifest.subject) throw refused(format, 'it refers to another image, which Docker has no word for')
  const isAnnotated = [json, objectFrom(json.config), ...listFrom(json.layers)].some(hasAnnotations)
  return written(
    type,
    {
      schemaVersion: 2,
      mediaType: type,
      config: dockerDescriptor(objectFrom(json.config), mediaTypes.dockerConfig),
      layers: listFrom(json.layers).map(layer => dockerDescriptor(layer, layerType(layer, format))),
    },
    isAnnotated ? ['annotations'] : [],
  )
}

/** What stands in an index for one of its entries. */
export interface NewEntry {
  mediaType: string
  digest: string
  size: number
}

/** An index in the format; an entry that is `undefined` is left out. @throws RegctlError UNSUPPORTED for what the format cannot say */
export function rewriteIndex(
  bytes: Uint8Array,
  entries: readonly (NewEntry | undefined)[],
  format: ImageFormat,
): Rewritten {
  const json = objectOf(bytes)
  const manifests = listFrom(json.manifests).flatMap((old, at) => {
    const entry = entries[at]
    return entry ? [{ old, entry }] : []
  })
  if (format === 'oci') {
    const type = mediaTypes.ociIndex
    return written(type, {
      ...json,
      mediaType: type,
      manifests: manifests.map(({ old, entry: { mediaType, digest, size } }) => {
        if (digest === old.digest) return old
        // What was embedded is the old content.
        const { data: _data, ...kept } = old
        return { ...kept, mediaType, digest, size }
      }),
    })
  }
  if (json.artifactType != null || json.subject != null) throw refused(format, 'it is an artifact, and no image')
  const isAnnotated = [json, ...manifests.map(({ old }) => old)].some(hasAnnotations)
  const type = mediaTypes.dockerList
  return written(
    type,
    {
      schemaVersion: 2,
      mediaType: type,
      manifests: manifests.map(({ old, entry: { mediaType, digest, size } }) => {
        if (!isObject(old.platform)) {
          throw refused(
            format,
            `it does not say for which platform ${digest} is`,
            'leave out --format; or make it whole first: regctl index create NEW OLD writes the platforms that the images name',
          )
        }
        return { mediaType, size, digest, platform: old.platform }
      }),
    },
    isAnnotated ? ['annotations'] : [],
  )
}

/** What an image cannot be brought into a format for. */
export function refused(format: ImageFormat, reason: string, hint = 'copy it as it is, without --format'): RegctlError {
  const name = format === 'oci' ? "OCI's" : "Docker's"
  return new RegctlError('UNSUPPORTED', `it cannot be written in ${name} format: ${reason}`, { hint })
}

function layerType({ mediaType }: Json, format: ImageFormat): string {
  const type = String(mediaType)
  const [wanted, others] = format === 'oci' ? [toOci, toDocker] : [toDocker, toOci]
  const found = wanted.get(type) ?? (others.has(type) ? type : undefined)
  if (found !== undefined && found !== dockerLayerZstd) return found
  if (format === 'docker' && /zstd/.test(type)) {
    throw refused(
      format,
      'it has layers compressed with zstd, which Docker cannot read there; layers are never recompressed',
    )
  }
  throw refused(format, `it has a layer of the type ${type}`)
}

function dockerDescriptor({ digest, size, urls }: Json, mediaType: string): Json {
  return { mediaType, size, digest, ...(urls != null && { urls }) }
}

function hasAnnotations({ annotations }: Json): boolean {
  return isObject(annotations) && Object.keys(annotations).length > 0
}

function written(mediaType: string, json: Json, dropped: string[] = []): Rewritten {
  return { bytes: Buffer.from(JSON.stringify(json)), mediaType, dropped }
}

function objectOf(bytes: Uint8Array): Json {
  return objectFrom(parseJson(bytes, 'the manifest'))
}

function objectFrom(value: unknown): Json {
  return isObject(value) ? value : {}
}

function listFrom(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
