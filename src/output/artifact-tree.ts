import type { ReferrerSummary } from '../artifact/list.ts'
import type { TreeNode } from '../artifact/tree.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { table } from './table.ts'
import { formatBytes, formatWhen } from './units.ts'
import { cutToWidth } from './width.ts'

/** What `artifact list` reports. */
export interface Referrers {
  reference: string
  /** Of the subject. */
  digest: string
  referrers: ReferrerSummary[]
}

/** A table of what refers to an image; columns in which nothing stands are left out. */
export async function referrersTable({ reference, referrers }: Referrers, style: Style): Promise<string> {
  if (referrers.length === 0) return `nothing refers to ${escapeText(reference)}`
  const all = [
    { column: { title: 'TYPE', paint: 'cyan' }, cell: (each: ReferrerSummary) => each.artifactType ?? '' },
    { column: { title: 'SIZE', align: 'right' }, cell: (each: ReferrerSummary) => formatBytes(each.size) },
    { column: { title: 'CREATED' }, cell: (each: ReferrerSummary) => formatWhen(each.created) },
    { column: { title: 'DIGEST', fit: 'cut' }, cell: (each: ReferrerSummary) => each.digest },
    { column: { title: 'ANNOTATIONS', fit: 'cut' }, cell: annotationsOf },
  ] as const
  const shown = all.filter(({ cell }) => referrers.some(each => cell(each) !== ''))
  return table(
    shown.map(({ column }) => column),
    referrers.map(each => shown.map(({ cell }) => cell(each))),
    style,
  )
}

function annotationsOf({ annotations }: ReferrerSummary): string {
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

/** The image, and what belongs to it, drawn like a tree; lines are cut at the edge of the terminal. */
export function treeText(root: TreeNode, reference: string, style: Style): string {
  const marks = style.unicode ? unicode : ascii
  const lines: string[] = []
  const draw = (node: TreeNode, name: string, [first, rest]: readonly [string, string]) => {
    const text = [name, formatWhen(node.created), node.digest, node.isRepeated ? '(see elsewhere)' : ''].filter(
      part => part !== '',
    )
    const cut = cutToWidth(escapeText(text.join('  ')), style.width - first.length, style)
    lines.push(first + (cut.startsWith(name) ? paint(name, 'cyan', style) + cut.slice(name.length) : cut))
    for (const [at, child] of node.children.entries()) {
      const isLast = at === node.children.length - 1
      draw(child, escapeText(nameOf(child)), [
        rest + (isLast ? marks.end : marks.fork),
        rest + (isLast ? marks.gap : marks.line),
      ])
    }
  }
  draw(root, escapeText(reference), ['', ''])
  return lines.join('\n')
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
