import type { ImageFormat } from '../copy/format.ts'
import { type Descriptor, descriptorOf } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { type IndexManifest, maxManifestSize } from '../model/manifest.ts'
import { isSchema1Type, mediaTypes } from '../model/media-types.ts'
import type { IndexEntry } from './entries.ts'

/** What an index says of itself. */
export interface IndexWords {
  /** Default: Docker's where all entries are Docker's and nothing is said that only OCI can say. */
  format?: ImageFormat | undefined
  annotations?: Readonly<Record<string, string>> | undefined
  artifactType?: string | undefined
  subject?: Descriptor | undefined
}

export interface WrittenIndex {
  bytes: Uint8Array
  descriptor: Descriptor
}

/** A new index: keys in the order of the specification, so that the same entries under the same words are the same bytes. */
export function writeIndex(entries: readonly IndexEntry[], words: IndexWords): WrittenIndex {
  const { annotations = {}, artifactType, subject } = words
  const isPlain = Object.keys(annotations).length === 0 && artifactType === undefined && subject === undefined
  const allDocker = entries.length > 0 && entries.every(({ descriptor }) => isDocker(descriptor))
  const mediaType = typeOf(words.format ?? (isPlain && allDocker ? 'docker' : 'oci'))
  if (mediaType === mediaTypes.dockerList && !isPlain) {
    throw new RegctlError('USAGE', 'a Docker manifest list has no annotations, artifact type or subject', {
      hint: 'leave them out, or use --format oci',
    })
  }
  checkEntries(entries, mediaType)
  return written(
    {
      schemaVersion: 2,
      mediaType,
      artifactType,
      manifests: entries.map(({ raw }) => raw),
      subject: subject && { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    },
    mediaType,
  )
}

/** The same index with other entries: all else in it stays as it was, unknown fields included. */
export function rewriteIndex(index: IndexManifest, entries: readonly IndexEntry[]): WrittenIndex {
  checkEntries(entries, index.mediaType)
  const json = parseJson(index.bytes, 'the index') as object
  return written({ ...json, manifests: entries.map(({ raw }) => raw) }, index.mediaType)
}

function written(json: object, mediaType: string): WrittenIndex {
  const bytes = new TextEncoder().encode(JSON.stringify(json))
  if (bytes.length > maxManifestSize) {
    throw new RegctlError('USAGE', `the index would have ${bytes.length} bytes, and registries take ${maxManifestSize}`)
  }
  return { bytes, descriptor: descriptorOf(bytes, mediaType) }
}

function typeOf(format: ImageFormat): string {
  return format === 'docker' ? mediaTypes.dockerList : mediaTypes.ociIndex
}

function isDocker({ mediaType }: Descriptor): boolean {
  return mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.dockerList || isSchema1Type(mediaType)
}

/** Docker's readers know only Docker's types in a list of Docker's; an OCI index may list any. */
function checkEntries(entries: readonly IndexEntry[], mediaType: string): void {
  if (mediaType !== mediaTypes.dockerList) return
  const odd = entries.find(({ descriptor }) => !isDocker(descriptor))
  if (!odd) return
  throw new RegctlError(
    'USAGE',
    `${odd.descriptor.digest} is an OCI manifest, which a Docker manifest list cannot hold`,
    {
      hint: 'make an OCI index (--format oci), or convert the image first: regctl copy --format docker',
    },
  )
}
