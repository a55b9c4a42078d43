import type { CopyResult } from '../copy/copy.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { summaryLine } from './summary.ts'
import { formatCount } from './units.ts'

/** What a copy did, on three lines: from where to where, the digest, the bytes. */
export function copySummary(result: CopyResult & { dryRun?: true }, style: Style): string {
  const { source, destination, digest, manifests, blobs } = result
  const arrow = style.unicode ? '→' : '->'
  const unchanged = manifests.copied + blobs.copied + blobs.mounted === 0
  return [
    `${escapeText(source)} ${arrow} ${paint(escapeText(destination), 'cyan', style)}`,
    escapeText(digest),
    result.dryRun ? rehearsal(result) : unchanged ? 'unchanged: everything is there already' : summaryLine(result),
    paint(requestsText(result), 'dim', style),
  ]
    .filter(line => line !== '')
    .join('\n')
}

/** Nothing is said of a place on this machine's disk. */
function requestsText({ requests: { source, destination } }: CopyResult): string {
  const parts = [
    ...(source > 0 ? [`${formatCount(source, 'request')} to the source`] : []),
    ...(destination > 0 ? [`${formatCount(destination, 'request')} to the destination`] : []),
  ]
  return parts.join(', ')
}

function rehearsal({ manifests, blobs, bytes }: CopyResult): string {
  const sent = `${formatCount(manifests.copied, 'manifest')} and ${formatCount(blobs.copied, 'blob')}`
  return `a rehearsal: would copy ${sent}, ${summaryLine({ bytes, seconds: 0 }).replace(/^copied | in 0\.0 s/g, '')}`
}
