import type { Diff, Difference, LayerDiff, PlatformDiff, Side } from '../image/diff.ts'
import type { LayerSummary } from '../image/inspect.ts'
import type { PlatformSummary } from '../image/platforms.ts'
import { shortDigest } from '../model/digest.ts'
import { escapeText } from './escape.ts'
import { type Paint, paint, type Style } from './style.ts'
import { formatBytes, formatCount } from './units.ts'
import { cutToWidth, displayWidth } from './width.ts'

const titles: Readonly<Record<string, string>> = {
  mediaType: 'Media type',
  artifactType: 'Artifact type',
  subject: 'Subject',
  annotations: 'Annotation',
  platform: 'Platform',
  created: 'Created',
  entrypoint: 'Entrypoint',
  cmd: 'Command',
  user: 'User',
  workdir: 'Directory',
  env: 'Environment',
  exposedPorts: 'Port',
  volumes: 'Volume',
  labels: 'Label',
}

/** What differs, with `-` before what only the first has and `+` before what only the second has. */
export function diffPage(diff: Diff, style: Style): string {
  const { before, after, same, platforms, layers, differences } = diff
  if (same) return `the same: ${escapeText(before.digest)}`
  const sections = [
    [sideLine('-', before, style), sideLine('+', after, style)],
    [sizeLine(diff, style)],
    platforms ? platformLines(platforms, style) : [],
    layers ? layerLines(layers, style) : [],
    differenceLines(differences, style),
  ]
  return sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

/** Never cut: a digest is there to be copied. */
function sideLine(mark: Mark, { reference, digest }: Side, style: Style): string {
  const text = reference.includes('@') ? reference : `${reference} ${digest}`
  return paint(`${mark} ${escapeText(text)}`, colors[mark], style)
}

function sizeLine({ before, after, newBytes }: Diff, style: Style): string {
  const change = after.size - before.size
  const arrow = style.unicode ? '→' : '->'
  const sign = change < 0 ? '-' : '+'
  const sizes = `${formatBytes(before.size)} ${arrow} ${formatBytes(after.size)}`
  const text =
    change === 0 ? `${formatBytes(after.size)}, as before` : `${sizes} (${sign}${formatBytes(Math.abs(change))})`
  const pull = newBytes === undefined ? '' : `; who has the first pulls ${formatBytes(newBytes)}`
  return `${paint('Size', 'bold', style)}  ${text}${pull}`
}

function platformLines({ removed, added, changed, same }: PlatformDiff, style: Style): string[] {
  const width = Math.max(
    0,
    ...[...removed, ...added, ...changed].map(({ platform }) => displayWidth(escapeText(platform))),
  )
  const line = (mark: Mark, { platform, size, digest }: PlatformSummary) =>
    marked(mark, `${platform.padEnd(width)}  ${formatBytes(size).padStart(10)}  ${shortDigest(digest)}`, style)
  return [
    `${paint('Platforms', 'bold', style)}  ${same} the same, ${changed.length} changed, ${removed.length} removed, ${added.length} added`,
    ...removed.map(each => line('-', each)),
    ...changed.flatMap(each => [line('-', each.before), line('+', each.after)]),
    ...added.map(each => line('+', each)),
  ]
}

function layerLines({ common, removed, added }: LayerDiff, style: Style): string[] {
  const line = (mark: Mark, { digest, size, createdBy, mediaType }: LayerSummary) =>
    marked(mark, `${shortDigest(digest)}  ${formatBytes(size).padStart(10)}  ${createdBy ?? mediaType}`, style)
  return [
    `${paint('Layers', 'bold', style)}  ${formatCount(common.count, 'layer')} in common (${formatBytes(common.size)}), ${removed.length} removed, ${added.length} added`,
    ...removed.map(layer => line('-', layer)),
    ...added.map(layer => line('+', layer)),
  ]
}

function differenceLines(differences: readonly Difference[], style: Style): string[] {
  return differences.flatMap(({ field, name, before, after }) => {
    const title = (titles[field] ?? field).padEnd(13)
    const line = (mark: Mark, value: Difference['before']) =>
      value === null ? [] : [marked(mark, `${title} ${valueText(name, value)}`, style)]
    return [...line('-', before), ...line('+', after)]
  })
}

/** `PATH=/bin`, `80/tcp`, `["sh","-c"]`. */
function valueText(name: string | undefined, value: string | readonly string[]): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (name === undefined) return value
  return value === '' ? name : `${name}=${value}`
}

type Mark = '-' | '+'
const colors: Readonly<Record<Mark, Paint>> = { '-': 'red', '+': 'green' }

/** Foreign text is escaped here, and cut where the terminal ends. */
function marked(mark: Mark, text: string, style: Style): string {
  return paint(cutToWidth(`${mark} ${escapeText(text)}`, style.width, style), colors[mark], style)
}
