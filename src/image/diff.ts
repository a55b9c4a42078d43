import type { Digest } from '../model/digest.ts'
import { type ImageReport, isIndexReport, type LayerSummary, type Report } from './inspect.ts'
import type { PlatformSummary } from './platforms.ts'

/** One of the two, as a person knows it. */
export interface Side {
  reference: string
  digest: Digest
  mediaType: string
  /** Bytes, as `inspect` counts them. */
  size: number
}

/** One thing that is not the same in both; `null` where one of them has none. */
export interface Difference {
  /** `env`, `labels`, `entrypoint`, `annotations` … */
  field: string
  /** Which one of many: the variable, the label, the port. */
  name?: string
  before: string | readonly string[] | null
  after: string | readonly string[] | null
}

/** Layers by digest: compared from both ends. */
export interface LayerDiff {
  /** At the beginning and at the end. */
  common: { count: number; size: number }
  removed: LayerSummary[]
  added: LayerSummary[]
}

/** Which platforms of an index went, came and changed. */
export interface PlatformDiff {
  removed: PlatformSummary[]
  added: PlatformSummary[]
  changed: { platform: string; before: PlatformSummary; after: PlatformSummary }[]
  /** How many are the same. */
  same: number
}

/** What differs between two images or indexes. */
export interface Diff {
  before: Side
  after: Side
  /** The digests are the same, and so is everything. */
  same: boolean
  /** Bytes of `after` that `before` has not: what a pull of it transfers to who has `before`. Of two images only. */
  newBytes?: number
  /** Of two images. */
  layers?: LayerDiff
  /** Where at least one is an index; an image counts as its one platform. */
  platforms?: PlatformDiff
  /** Configuration, annotations, and whatever else is told of both. */
  differences: Difference[]
}

/** Compares two reports; pure. */
export function diffReports(before: Report, after: Report): Diff {
  const sides = { before: sideOf(before), after: sideOf(after), same: before.digest === after.digest }
  const common = commonDifferences(before, after)
  if (isIndexReport(before) || isIndexReport(after)) {
    return { ...sides, platforms: diffPlatforms(platformsOf(before), platformsOf(after)), differences: common }
  }
  return {
    ...sides,
    newBytes: newBytes(before, after),
    layers: diffLayers(before.layers, after.layers),
    differences: [...common, ...imageDifferences(before, after)],
  }
}

function sideOf({ reference, digest, mediaType, size }: Report): Side {
  return { reference, digest, mediaType, size }
}

function platformsOf(report: Report): PlatformSummary[] {
  if (isIndexReport(report)) return report.platforms.filter(({ attests }) => attests === undefined)
  const { os, architecture, variant, digest, mediaType, id, size, created } = report
  const platform = [os ?? 'unknown', architecture ?? 'unknown', variant].filter(Boolean).join('/')
  return [{ platform, digest, mediaType, id, size, created }]
}

/** An index may name a platform more than once (Windows by version): those of one name are compared in their order. */
function diffPlatforms(before: readonly PlatformSummary[], after: readonly PlatformSummary[]): PlatformDiff {
  const diff: PlatformDiff = { removed: [], added: [], changed: [], same: 0 }
  const [olds, news] = [byPlatform(before), byPlatform(after)]
  for (const platform of new Set([...olds.keys(), ...news.keys()])) {
    const [was, is] = [olds.get(platform) ?? [], news.get(platform) ?? []]
    const gone = was.filter(({ digest }) => !is.some(other => other.digest === digest))
    const come = is.filter(({ digest }) => !was.some(other => other.digest === digest))
    diff.same += was.length - gone.length
    for (const [at, old] of gone.entries()) {
      const next = come[at]
      if (next) diff.changed.push({ platform, before: old, after: next })
      else diff.removed.push(old)
    }
    diff.added.push(...come.slice(gone.length))
  }
  return diff
}

function byPlatform(list: readonly PlatformSummary[]): Map<string, PlatformSummary[]> {
  const map = new Map<string, PlatformSummary[]>()
  for (const each of list) map.set(each.platform, [...(map.get(each.platform) ?? []), each])
  return map
}

/** Layers stand on each other: what is the same is looked for from both ends. */
function diffLayers(before: readonly LayerSummary[], after: readonly LayerSummary[]): LayerDiff {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head]?.digest === after[head]?.digest) head++
  let tail = 0
  while (tail < most - head && before.at(-1 - tail)?.digest === after.at(-1 - tail)?.digest) tail++
  const common = [...before.slice(0, head), ...before.slice(before.length - tail)]
  return {
    common: { count: common.length, size: common.reduce((sum, { size }) => sum + size, 0) },
    removed: before.slice(head, before.length - tail),
    added: after.slice(head, after.length - tail),
  }
}

function newBytes(before: ImageReport, after: ImageReport): number {
  const had = new Set<string>(before.layers.map(({ digest }) => digest))
  const missing = new Map(
    after.layers.filter(({ digest }) => !had.has(digest)).map(layer => [layer.digest, layer.size]),
  )
  const layers = [...missing.values()].reduce((sum, size) => sum + size, 0)
  const all = [...new Map(after.layers.map(layer => [layer.digest, layer.size])).values()].reduce((a, b) => a + b, 0)
  return layers + (before.id === after.id ? 0 : Math.max(0, after.size - all))
}

function commonDifferences(before: Report, after: Report): Difference[] {
  return [
    ...one('mediaType', before.mediaType, after.mediaType),
    ...one('artifactType', before.artifactType, after.artifactType),
    ...one('subject', before.subject?.digest ?? null, after.subject?.digest ?? null),
    ...maps('annotations', before.annotations, after.annotations),
  ]
}

function imageDifferences(before: ImageReport, after: ImageReport): Difference[] {
  const platformOf = ({ os, architecture, variant }: ImageReport) =>
    [os, architecture, variant].filter(Boolean).join('/') || null
  const [was, is] = [before.config, after.config]
  return [
    ...one('platform', platformOf(before), platformOf(after)),
    ...one('created', before.created, after.created),
    ...one('entrypoint', was?.entrypoint ?? [], is?.entrypoint ?? []),
    ...one('cmd', was?.cmd ?? [], is?.cmd ?? []),
    ...one('user', was?.user || null, is?.user || null),
    ...one('workdir', was?.workdir || null, is?.workdir || null),
    ...maps('env', variables(was?.env), variables(is?.env)),
    ...maps('exposedPorts', names(was?.exposedPorts), names(is?.exposedPorts)),
    ...maps('volumes', names(was?.volumes), names(is?.volumes)),
    ...maps('labels', was?.labels ?? {}, is?.labels ?? {}),
  ]
}

/** An empty list is none. */
function one(field: string, before: Difference['before'], after: Difference['after']): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const orNull = (value: Difference['before']) => (value?.length === 0 ? null : value)
  return [{ field, before: orNull(before), after: orNull(after) }]
}

function maps(
  field: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Difference[] {
  const value = (map: Readonly<Record<string, string>>, name: string) =>
    Object.hasOwn(map, name) ? (map[name] ?? null) : null
  const all = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return all
    .map(name => ({ field, name, before: value(before, name), after: value(after, name) }))
    .filter(each => each.before !== each.after)
}

/** `PATH=/bin` by its name; without a prototype, because names are foreign (T26). */
function variables(env: readonly string[] = []): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const text of env) {
    const at = text.indexOf('=')
    map[at === -1 ? text : text.slice(0, at)] = at === -1 ? '' : text.slice(at + 1)
  }
  return map
}

function names(list: readonly string[] = []): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const name of list) map[name] = ''
  return map
}
