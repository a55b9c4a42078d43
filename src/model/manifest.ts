import { type Descriptor, descriptorOf, isObject, parseDescriptor, stringMap } from './descriptor.ts'
import { InvalidContentError, RegctlError } from './errors.ts'
import { parseJson } from './json.ts'
import { isIndexType, isManifestType, isSchema1Type, mediaTypes, withoutParameters } from './media-types.ts'

interface Common {
  /** What the content is treated as, also where the body leaves it out. */
  mediaType: string
  /** Exactly as received: what is hashed, kept and pushed (item 16). */
  bytes: Uint8Array
  /** Empty where there are none; without a prototype (T26). */
  annotations: Readonly<Record<string, string>>
  artifactType?: string
  /** A weak link to another manifest, which may not exist (item 85). */
  subject?: Descriptor
}

/** One image or artifact. The OCI artifact manifest has its `blobs` as layers, and no config. */
export interface ImageManifest extends Common {
  kind: 'image'
  config?: Descriptor
  layers: readonly Descriptor[]
}

/** A list of manifests: an OCI index or a Docker manifest list (image-spec image-index.md). */
export interface IndexManifest extends Common {
  kind: 'index'
  manifests: readonly Descriptor[]
}

/** A manifest that was parsed and checked: of an image or artifact, or of an index. */
export type Manifest = ImageManifest | IndexManifest

/** Bytes a manifest may have (T12); registries refuse more as well. */
export const maxManifestSize = 4 * 1024 * 1024

/** Layers or entries one manifest may list (T13). */
const maxChildren = 10_000

/** `{}`: the config of artifacts that need none (image-spec manifest.md, item 21). */
export const emptyBytes: Uint8Array = new TextEncoder().encode('{}')

/** Describes {@link emptyBytes}, with its `data` inline; written out, because hashing it at load would load the hashes for every command. */
export const emptyDescriptor: Descriptor = {
  mediaType: mediaTypes.empty,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
  data: 'e30=',
}

type Json = Record<string, unknown>

const generic: ReadonlySet<string> = new Set([
  '',
  'application/json',
  'text/plain',
  mediaTypes.octets,
  'binary/octet-stream',
])

/** The keys that say what a document is, by kind; one of another kind makes it ambiguous (item 83). */
const contentKeys = {
  index: ['manifests'],
  image: ['config', 'layers'],
  artifact: ['blobs'],
} as const
const allContentKeys = ['manifests', 'config', 'layers', 'blobs', 'fsLayers']

/** Known keys by what Go takes for them. */
const manifestKeys = folded([...allContentKeys, 'schemaVersion', 'mediaType', 'artifactType', 'subject', 'annotations'])
const descriptorKeys = folded([
  'mediaType',
  'digest',
  'size',
  'urls',
  'annotations',
  'data',
  'artifactType',
  'platform',
])
const platformKeys = folded(['os', 'architecture', 'variant', 'os.version', 'os.features'])

/**
 * Reads a manifest or index whose bytes were verified. `mediaType` is what the Content-Type or the descriptor said; when that says
 * nothing (`''`, `application/json`, …) the body tells.
 * @throws InvalidContentError for content that two readers could read differently (T11), that is malformed or too large (T12);
 * RegctlError `UNSUPPORTED` for Docker's schema 1.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): Manifest {
  if (bytes.length > maxManifestSize)
    throw new InvalidContentError(`the manifest has more than ${maxManifestSize} bytes`)
  const given = withoutParameters(mediaType)
  if (isSchema1Type(given)) throw schema1()
  if (!generic.has(given) && !isManifestType(given)) {
    throw new InvalidContentError(`${JSON.stringify(given.slice(0, 200))} is not a type of manifests`)
  }
  const json = present(parseJson(bytes, 'the manifest'), 'the manifest', manifestKeys)
  const type = typeOf(json, given)
  const kind = isIndexType(type) ? 'index' : type === mediaTypes.ociArtifact ? 'artifact' : 'image'
  checkContent(json, kind)
  const common = readCommon(json, type, bytes)
  if (kind === 'index') return { kind, ...common, manifests: descriptors(json, 'manifests') }
  if (kind === 'artifact') return { kind: 'image', ...common, layers: descriptors(json, 'blobs') }
  return { kind, ...common, config: descriptor(json.config, 'config'), layers: descriptors(json, 'layers') }
}

/**
 * Writes an index anew with the entries to keep; these and all else in it stay as they were, unknown fields included. When all are
 * kept it is the same index, byte by byte.
 */
export function narrowIndex(
  index: IndexManifest,
  keep: (entry: Descriptor, position: number) => boolean,
): { bytes: Uint8Array; descriptor: Descriptor } {
  const kept = index.manifests.map(keep)
  const bytes = kept.includes(false) ? rewrite(index.bytes, kept) : index.bytes
  return { bytes, descriptor: descriptorOf(bytes, index.mediaType) }
}

function rewrite(bytes: Uint8Array, kept: readonly boolean[]): Uint8Array {
  const json = parseJson(bytes, 'the index')
  if (!isObject(json) || !Array.isArray(json.manifests)) throw new InvalidContentError('the index has no manifests')
  const manifests = json.manifests.filter((_, position) => kept[position])
  return new TextEncoder().encode(JSON.stringify({ ...json, manifests }))
}

/** The body and the label must agree (item 13, CVE-2021-41190); a body without a type is what its keys make it. */
function typeOf(json: Json, given: string): string {
  const { mediaType, schemaVersion } = json
  if (mediaType !== undefined && typeof mediaType !== 'string') {
    throw new InvalidContentError('the mediaType of the manifest is not a string')
  }
  if (schemaVersion === 1 || isSchema1Type(mediaType ?? '')) throw schema1()
  if (mediaType !== undefined && !isManifestType(mediaType)) {
    throw new InvalidContentError(`${JSON.stringify(mediaType.slice(0, 200))} is not a type of manifests`)
  }
  if (generic.has(given)) return mediaType ?? sniff(json)
  if (mediaType === undefined || mediaType === given) return given
  throw new InvalidContentError(`the manifest calls itself ${mediaType}, but was given as ${given}`, {
    hint: 'the registry or the index that names it labels it wrongly',
  })
}

function sniff(json: Json): string {
  if ('manifests' in json) return mediaTypes.ociIndex
  if ('config' in json || 'layers' in json) return mediaTypes.ociManifest
  throw new InvalidContentError('the content is not a manifest: it has no mediaType, config, layers or manifests')
}

function checkContent(json: Json, kind: keyof typeof contentKeys): void {
  const own: readonly string[] = contentKeys[kind]
  const other = allContentKeys.find(key => key in json && !own.includes(key))
  if (other) throw new InvalidContentError(`the manifest is ambiguous: it is an ${kind} with "${other}"`)
  // The artifact manifest never had a schemaVersion, and its blobs were optional.
  if (kind === 'artifact') return
  if (json.schemaVersion !== 2) throw new InvalidContentError('the schemaVersion of the manifest is not 2')
  const missing = own.find(key => !(key in json))
  if (missing) throw new InvalidContentError(`the manifest is an ${kind} without "${missing}"`)
}

function readCommon(json: Json, mediaType: string, bytes: Uint8Array): Common {
  const annotations = stringMap(json.annotations ?? {}, 'annotations') ?? {}
  const common: Common = { mediaType, bytes, annotations }
  const { artifactType } = json
  if (artifactType !== undefined && typeof artifactType !== 'string') {
    throw new InvalidContentError('the artifactType of the manifest is not a string')
  }
  if (artifactType) common.artifactType = artifactType
  if (json.subject !== undefined) common.subject = descriptor(json.subject, 'subject')
  return common
}

function descriptors(json: Json, key: string): Descriptor[] {
  const list = json[key] ?? []
  if (!Array.isArray(list)) throw new InvalidContentError(`"${key}" of the manifest is not a list`)
  if (list.length > maxChildren) {
    throw new InvalidContentError(`"${key}" of the manifest has ${list.length} entries: more than ${maxChildren}`)
  }
  return list.map((item, position) => descriptor(item, `${key}[${position}]`))
}

function descriptor(value: unknown, where: string): Descriptor {
  const json = present(value, where, descriptorKeys)
  if (json.platform !== undefined) present(json.platform, `${where}.platform`, platformKeys)
  return parseDescriptor(json, where)
}

/** An object without its `null` fields (item 82). A known key in another case is refused: Go would read it (T11, item 88). */
function present(value: unknown, where: string, known: ReadonlyMap<string, string>): Json {
  if (!isObject(value)) throw new InvalidContentError(`${where} is not an object`)
  const json: Json = Object.create(null)
  for (const [key, field] of Object.entries(value)) {
    const meant = known.get(fold(key))
    if (meant !== undefined && meant !== key) {
      throw new InvalidContentError(`${where} is ambiguous: it has ${JSON.stringify(key)} for "${meant}"`)
    }
    if (field !== null) json[key] = field
  }
  return json
}

function folded(keys: readonly string[]): ReadonlyMap<string, string> {
  return new Map(keys.map(key => [fold(key), key]))
}

/** As Go compares names: by Unicode's folding, in which the long s is an s. */
function fold(key: string): string {
  return key.toUpperCase()
}

function schema1(): RegctlError {
  return new RegctlError('UNSUPPORTED', "the manifest is of Docker's schema 1, which is no longer supported", {
    hint: 'push the image again with a current tool',
  })
}
