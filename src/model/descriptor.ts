import { type Digest, digestOf, isDigest } from './digest.ts'
import { InvalidContentError } from './errors.ts'

/** `platform` of an index entry (image-spec image-index.md), as it was written there. */
export interface Platform {
  os: string
  architecture: string
  variant?: string
  'os.version'?: string
  'os.features'?: readonly string[]
}

/** A pointer to content (image-spec descriptor.md): what it is, which bytes exactly, how many. */
export interface Descriptor {
  mediaType: string
  digest: Digest
  /** Bytes. */
  size: number
  urls?: readonly string[]
  annotations?: Readonly<Record<string, string>>
  /** The content itself, in base64; checked against digest and size before use. */
  data?: string
  artifactType?: string
  platform?: Platform
}

/** Describes bytes: their sha256, their length and the media type given. */
export function descriptorOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

/**
 * Reads a descriptor from parsed JSON; `null` fields count as absent (item 82).
 * @throws InvalidContentError naming `where` when digest, size, mediaType or a field's type is wrong (T11, T12).
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new InvalidContentError(`${where} is not a descriptor`)
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string' || mediaType === '') throw new InvalidContentError(`${where} has no mediaType`)
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw new InvalidContentError(`${where} has an impossible size`)
  if (!isDigest(digest)) throw new InvalidContentError(`${where}: ${shown(digest)} is not a digest`)
  const descriptor: Descriptor = { mediaType, digest, size: size as number }
  const urls = strings(value.urls, `${where}.urls`)
  if (urls) descriptor.urls = urls
  const annotations = stringMap(value.annotations, `${where}.annotations`)
  if (annotations) descriptor.annotations = annotations
  for (const key of ['data', 'artifactType'] as const) {
    const text = optionalString(value[key], `${where}.${key}`)
    if (text !== undefined) descriptor[key] = text
  }
  if (value.platform != null) descriptor.platform = parsePlatformObject(value.platform, `${where}.platform`)
  return descriptor
}

function parsePlatformObject(value: unknown, where: string): Platform {
  if (!isObject(value)) throw new InvalidContentError(`${where} is not an object`)
  const platform: Platform = {
    os: optionalString(value.os, `${where}.os`) ?? '',
    architecture: optionalString(value.architecture, `${where}.architecture`) ?? '',
  }
  const variant = optionalString(value.variant, `${where}.variant`)
  if (variant) platform.variant = variant
  const version = optionalString(value['os.version'], `${where}.os.version`)
  if (version) platform['os.version'] = version
  const features = strings(value['os.features'], `${where}.os.features`)
  if (features) platform['os.features'] = features
  return platform
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? 'nothing'
}

function optionalString(value: unknown, where: string): string | undefined {
  if (value == null) return undefined
  if (typeof value !== 'string') throw new InvalidContentError(`${where} is not a string`)
  return value
}

function strings(value: unknown, where: string): string[] | undefined {
  if (value == null) return undefined
  if (!Array.isArray(value) || value.some(item => typeof item !== 'string')) {
    throw new InvalidContentError(`${where} is not a list of strings`)
  }
  return value as string[]
}

/** An object without a prototype, so that a key such as `__proto__` is only a key (T26). */
export function stringMap(value: unknown, where: string): Record<string, string> | undefined {
  if (value == null) return undefined
  if (!isObject(value)) throw new InvalidContentError(`${where} is not an object`)
  const map: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new InvalidContentError(`${where}[${JSON.stringify(key)}] is not a string`)
    map[key] = text
  }
  return map
}
