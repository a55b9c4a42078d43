import { type Descriptor, isObject, parseDescriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { mediaTypes } from '../model/media-types.ts'

/** The annotation that is a layout's tag (image-spec image-layout.md, "index.json"). */
export const refName = 'org.opencontainers.image.ref.name'

/** One element of `manifests`: as it was written, and as we read it. */
export interface Entry {
  readonly raw: Readonly<Record<string, unknown>>
  readonly descriptor: Descriptor
}

/** `index.json`: the keys we do not know are kept as they are. */
export interface LayoutIndex {
  readonly raw: Readonly<Record<string, unknown>>
  readonly entries: readonly Entry[]
}

export const emptyIndex: LayoutIndex = {
  raw: { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] },
  entries: [],
}

/** @throws InvalidContentError when the bytes are not one clear index: other JSON, a key twice, a digest that is none (T11). */
export function parseLayoutIndex(bytes: Uint8Array, where: string): LayoutIndex {
  // Not as a manifest: a layout may well have more than the 10 000 entries of one.
  const raw = parseJson(bytes, where)
  if (!isObject(raw) || raw.schemaVersion !== 2 || !Array.isArray(raw.manifests)) {
    throw new InvalidContentError(`${where} is not an index: it has no schemaVersion 2 or no manifests`)
  }
  return { raw, entries: raw.manifests.map((entry, at) => parseEntry(entry, `${where}: manifests[${at}]`)) }
}

export function serializeLayoutIndex({ raw, entries }: LayoutIndex): string {
  return JSON.stringify({ ...raw, manifests: entries.map(entry => entry.raw) })
}

export function nameOf(entry: Entry): string | undefined {
  return entry.descriptor.annotations?.[refName]
}

/** The name moves here; what it named before stays listed without it, so that its digest stays in the layout. */
export function withTag(entries: readonly Entry[], target: Descriptor, tag: string): readonly Entry[] {
  const [named, ...twins] = entries.filter(entry => nameOf(entry) === tag)
  if (named && twins.length === 0 && isSame(named.descriptor, target)) return entries
  const others = withoutTag(entries, tag).filter(
    entry => entry.descriptor.digest !== target.digest || nameOf(entry) !== undefined,
  )
  return [...others, newEntry(target, { [refName]: tag })]
}

/** Lists a manifest that has no name, unless it is listed. */
export function withListed(entries: readonly Entry[], target: Descriptor): readonly Entry[] {
  return entries.some(entry => isSame(entry.descriptor, target)) ? entries : [...entries, newEntry(target)]
}

/** Takes the name from its entries; a manifest that would be listed no more stays, without a name. */
export function withoutTag(entries: readonly Entry[], name: string): readonly Entry[] {
  const kept = entries.filter(entry => nameOf(entry) !== name)
  const listed = new Set(kept.map(entry => entry.descriptor.digest))
  const nameless = entries.filter(entry => nameOf(entry) === name && !listed.has(entry.descriptor.digest))
  return [...kept, ...nameless.map(withoutName)]
}

export function withoutDigest(entries: readonly Entry[], digest: Digest): readonly Entry[] {
  return entries.filter(entry => entry.descriptor.digest !== digest)
}

/** An index that is listed speaks for its children: those without a name need no entry of their own. */
export function withoutNameless(entries: readonly Entry[], children: ReadonlySet<Digest>): readonly Entry[] {
  return entries.filter(entry => nameOf(entry) !== undefined || !children.has(entry.descriptor.digest))
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  return one.digest === other.digest && one.size === other.size && one.mediaType === other.mediaType
}

function parseEntry(raw: unknown, where: string): Entry {
  const descriptor = parseDescriptor(raw, where)
  if (!isObject(raw)) throw new InvalidContentError(`${where} is not an object`)
  return { raw, descriptor }
}

function newEntry(target: Descriptor, annotations?: Record<string, string>): Entry {
  const { mediaType, digest, size, platform, artifactType } = target
  const descriptor: Descriptor = { mediaType, digest, size }
  if (artifactType) descriptor.artifactType = artifactType
  if (platform) descriptor.platform = platform
  if (annotations) descriptor.annotations = annotations
  return { raw: { ...descriptor }, descriptor }
}

function withoutName({ raw, descriptor }: Entry): Entry {
  const { [refName]: _name, ...annotations } = descriptor.annotations ?? {}
  const { annotations: _annotations, ...rest } = raw
  const kept = Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest
  return { raw: kept, descriptor: parseDescriptor(kept, 'an entry of index.json') }
}
