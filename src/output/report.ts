import type { ImageReport, IndexReport, Report } from '../image/inspect.ts'
import { isIndexReport } from '../image/inspect.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { table } from './table.ts'
import { dayOf, formatBytes, formatCount, formatWhen } from './units.ts'

/** One page about an image or an index: facts first, then its layers or platforms. */
export async function reportPage(report: Report, style: Style): Promise<string> {
  return isIndexReport(report) ? indexPage(report, style) : imagePage(report, style)
}

async function indexPage(report: IndexReport, style: Style): Promise<string> {
  const images = report.platforms.filter(({ attests }) => attests === undefined)
  const attestations = report.platforms.length - images.length
  const head = facts(
    [
      ...identity(report),
      ['Size', `${formatBytes(report.size)} for all platforms, each part counted once`],
      ...(attestations > 0 ? [['Attestations', String(attestations)] as const] : []),
      ...rest(report),
    ],
    style,
  )
  const columns = [
    { title: 'PLATFORM', paint: 'cyan' },
    { title: 'SIZE', align: 'right' },
    { title: 'CREATED', brief: dayOf },
    { title: 'DIGEST', fit: 'cut' },
    { title: 'IMAGE ID', fit: 'cut' },
  ] as const
  const rows = images.map(({ platform, size, created, digest, id }) => [
    platform,
    formatBytes(size),
    formatWhen(created),
    digest,
    id ?? '',
  ])
  return `${head}\n\n${await table(columns, rows, style)}`
}

async function imagePage(report: ImageReport, style: Style): Promise<string> {
  const { config } = report
  const platform = [report.os, report.architecture, report.variant].filter(Boolean).join('/')
  const head = facts(
    [
      ...identity(report),
      ['Image ID', report.id ?? ''],
      ['Platform', platform],
      ['Size', `${formatBytes(report.size)} in ${formatCount(report.layers.length, 'layer')}`],
      ['Created', formatWhen(report.created)],
      ['Entrypoint', words(config?.entrypoint)],
      ['Command', words(config?.cmd)],
      ['User', config?.user ?? ''],
      ['Directory', config?.workdir ?? ''],
      ['Ports', config?.exposedPorts.join(', ') ?? ''],
      ['Volumes', config?.volumes.join(', ') ?? ''],
      ...(config?.env ?? []).map((text, at) => [at === 0 ? 'Environment' : '', text] as const),
      ...Object.entries(config?.labels ?? {}).map(
        ([key, value], at) => [at === 0 ? 'Labels' : '', `${key}=${value}`] as const,
      ),
      ...rest(report),
    ],
    style,
  )
  if (report.layers.length === 0) return head
  const columns = [
    { title: 'LAYER', fit: 'cut' },
    { title: 'SIZE', align: 'right' },
    { title: 'CREATED BY', fit: 'cut' },
  ] as const
  const rows = report.layers.map(({ digest, size, createdBy, mediaType }) => [
    digest,
    formatBytes(size),
    createdBy ?? mediaType,
  ])
  return `${head}\n\n${await table(columns, rows, style)}`
}

type Fact = readonly [name: string, value: string]

function identity({ reference, digest, mediaType }: Report): Fact[] {
  return [
    ['Name', reference],
    ['Digest', digest],
    ['Media type', mediaType],
  ]
}

function rest({ artifactType, subject, annotations }: Report): Fact[] {
  return [
    ['Artifact type', artifactType ?? ''],
    ['Subject', subject?.digest ?? ''],
    ...Object.entries(annotations).map(
      ([key, value], at) => [at === 0 ? 'Annotations' : '', `${key}=${value}`] as const,
    ),
  ]
}

/** Names in one column, values in the next; what has no value is left out. */
function facts(list: readonly Fact[], style: Style): string {
  const shown = list.filter(([, value]) => value !== '')
  const width = Math.max(...shown.map(([name]) => name.length)) + 2
  return shown.map(([name, value]) => `${paint(name.padEnd(width), 'bold', style)}${escapeText(value)}`).join('\n')
}

/** As one would type it: words with blanks in quotes. */
function words(list: readonly string[] | undefined): string {
  return (list ?? []).map(word => (/[\s"']/.test(word) || word === '' ? JSON.stringify(word) : word)).join(' ')
}
