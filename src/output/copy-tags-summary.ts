import type { CopyTagsResult } from '../copy/tags.ts'
import { isUnchanged } from '../copy/totals.ts'
import type { Told } from './copy-report.ts'
import { requestsText, servedText } from './copy-summary.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { movedText, summaryLine } from './summary.ts'
import { table } from './table.ts'
import { formatBytes, formatCount } from './units.ts'

/** A row for each tag that was copied or failed, and what was done in all; a rehearsal shows every tag. */
export async function copyTagsSummary(report: CopyTagsResult & Told, style: Style): Promise<string> {
  const { source, destination, totals, dryRun } = report
  const arrow = style.unicode ? '→' : '->'
  const rows = report.images.flatMap(image => {
    if ('error' in image) return [[image.reference, '', image.error.message]]
    if (isUnchanged(image) && !dryRun) return []
    return [[tagOf(image.destination), image.digest, isUnchanged(image) ? 'unchanged' : movedText(image)]]
  })
  const columns = [
    { title: 'TAG', paint: 'cyan' },
    { title: 'DIGEST', fit: 'cut' },
    { title: dryRun ? 'TO COPY' : 'COPIED', fit: 'wrap' },
  ] as const
  const { copied, unchanged, failed } = totals.images
  const counts = [
    ...(copied > 0 ? [`${copied} ${dryRun ? 'to copy' : 'copied'}`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  const bytes = copied === 0 ? [] : [dryRun ? formatBytes(totals.bytes.copied) : summaryLine(totals)]
  return [
    ...(rows.length > 0 ? [await table(columns, rows, style)] : []),
    `${escapeText(source)} ${arrow} ${paint(escapeText(destination), 'cyan', style)}`,
    `${dryRun ? 'a rehearsal: ' : ''}${formatCount(report.images.length, 'tag')}: ${counts.join(', ')}`,
    ...bytes,
    paint(requestsText({ ...totals, retries: report.retries }), 'dim', style),
    servedText(report),
  ]
    .filter(line => line !== '')
    .join('\n')
}

/** Behind the last colon: a destination is named by its tag here. */
function tagOf(destination: string): string {
  return destination.slice(destination.lastIndexOf(':') + 1)
}
