import type { SizedReferrer } from '../artifact/list.ts'
import type { TreeNode } from '../artifact/tree.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { type Cell, filledTable } from './table.ts'
import { dayOf, formatBytes, formatWhen } from './units.ts'
import { cutToWidth, displayWidth } from './width.ts'

/** What `artifact list` reports. */
export interface Referrers {
  reference: string
  /** Of the subject. */
  digest: string
  referrers: SizedReferrer[]
}

/** A table of what refers to an image; columns in which nothing stands are left out. */
export async function referrersTable({ reference, referrers }: Referrers, style: Style): Promise<string> {
  if (referrers.length === 0) return `nothing refers to ${escapeText(reference)}`
  return filledTable(cells, referrers, style)
}

const cells: readonly Cell<SizedReferrer>[] = [
  { column: { title: 'TYPE', paint: 'cyan' }, text: ({ artifactType }) => artifactType ?? '' },
  {
    column: { title: 'SIZE', align: 'right' },
    text: ({ fileSize }) => (fileSize === null ? '' : formatBytes(fileSize)),
  },
  { column: { title: 'CREATED', brief: dayOf }, text: ({ created }) => formatWhen(created) },
  { column: { title: 'DIGEST', fit: 'cut' }, text: ({ digest }) => digest },
  { column: { title: 'ANNOTATIONS', fit: 'cut' }, text: annotationsOf },
]

function annotationsOf({ annotations }: SizedReferrer): string {
  return Object.entries(annotations)
    .filter(([key]) => key !== 'org.opencontainers.image.created')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

const unicode = { fork: '├─ ', end: '└─ ', line: '│  ', gap: '   ' }
const ascii = { fork: '|- ', end: '`- ', line: '|  ', gap: '   ' }
const tagKinds: Readonly<Record<string, string>> = {
  sig: 'cosign signature',
  att: 'cosign attestation',
  sbom: 'cosign SBOM',
}

/** One line of the drawing; texts are escaped. */
interface Line {
  /** The branches that lead to it. */
  branch: string
  name: string
  created: string
  /** The digest, and a remark. */
  rest: string
}

/** Columns that digests keep at least where a long name would push them out: `sha256:0123456789ab…`. */
const leastDigest = 20

/** The image, and what belongs to it, drawn like a tree, digests below one another; lines are cut at the edge of the terminal. */
export function treeText(root: TreeNode, reference: string, style: Style): string {
  const [head, ...below] = linesOf(root, escapeText(reference), style)
  const widest = (text: (line: Line) => string) => Math.max(0, ...below.map(line => displayWidth(text(line))))
  const created = widest(line => line.created)
  const most = style.width - leastDigest - 2 - (created > 0 ? created + 2 : 0)
  const name = Math.min(
    widest(line => line.branch + line.name),
    Math.max(0, most),
  )
  return [head, ...below].flatMap(line => (line ? [drawn(line, { name, created }, style)] : [])).join('\n')
}

function linesOf(root: TreeNode, reference: string, { unicode: isUnicode }: Style): Line[] {
  const marks = isUnicode ? unicode : ascii
  const lines: Line[] = []
  const add = (node: TreeNode, name: string, [branch, under]: readonly [string, string]) => {
    const rest = `${node.digest}${node.repeated ? '  (see elsewhere)' : ''}`
    lines.push({ branch, name, created: escapeText(formatWhen(node.created)), rest: escapeText(rest) })
    for (const [at, child] of node.children.entries()) {
      const isLast = at === node.children.length - 1
      add(child, escapeText(nameOf(child)), [
        under + (isLast ? marks.end : marks.fork),
        under + (isLast ? marks.gap : marks.line),
      ])
    }
  }
  add(root, reference, ['', ''])
  return lines
}

function drawn(
  { branch, name, created, rest }: Line,
  columns: { name: number; created: number },
  style: Style,
): string {
  const padded = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - displayWidth(text)))
  const when = columns.created > 0 ? [padded(created, columns.created)] : []
  const text = [padded(branch + name, columns.name), ...when, rest].join('  ')
  const cut = cutToWidth(text, style.width, style)
  const painted = branch.length + name.length
  if (!cut.startsWith(branch + name)) return cut
  return branch + paint(name, 'cyan', style) + cut.slice(painted)
}

function nameOf({ relation, platform, artifactType, tag, mediaType }: TreeNode): string {
  if (relation === 'digest-tag') {
    const suffix = tag?.slice(tag.indexOf('.') + 1) ?? ''
    return `${tagKinds[suffix] ?? 'digest tag'} (.${suffix})`
  }
  if (relation === 'attestation') return 'attestation of the build'
  if (relation === 'entry') return platform ?? mediaType
  return artifactType ?? mediaType
}
