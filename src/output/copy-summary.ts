import type { CopyResult } from '../copy/result.ts'
import { isUnchanged } from '../copy/totals.ts'
import type { Told } from './copy-report.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { summaryLine } from './summary.ts'
import { formatBytes, formatCount, formatDuration } from './units.ts'

/** What the command `copy` tells: the copy's result, and what only the command knows. */
export type CopyReport = CopyResult & Told

/** What a copy did, on a few lines: from where to where, the digest, the bytes, the requests, and the pulls that are left. */
export function copySummary(result: CopyReport, style: Style): string {
  const { source, destination, digest } = result
  const arrow = style.unicode ? '→' : '->'
  return [
    `${escapeText(source)} ${arrow} ${paint(escapeText(destination), 'cyan', style)}`,
    result.convertedFrom ? `${escapeText(result.convertedFrom)} ${arrow} ${escapeText(digest)}` : escapeText(digest),
    result.dryRun
      ? rehearsal(result)
      : isUnchanged(result)
        ? 'unchanged: everything is there already'
        : summaryLine(result),
    companionsText(result),
    paint(requestsText(result), 'dim', style),
    servedText(result),
    quotaText(result),
  ]
    .filter(line => line !== '')
    .join('\n')
}

/** `referrers: 2 copied, 1 there already; digest tags: none`; '' where nobody asked. */
export function companionsText({
  referrers,
  digestTags,
  dryRun,
}: Pick<CopyReport, 'referrers' | 'digestTags' | 'dryRun'>): string {
  const text = (name: string, counts: CopyReport['referrers']) => {
    if (!counts) return []
    const parts = [
      ...(counts.copied > 0 ? [`${counts.copied} ${dryRun ? 'to copy' : 'copied'}`] : []),
      ...(counts.skipped > 0 ? [`${counts.skipped} there already`] : []),
    ]
    return [`${name}: ${parts.join(', ') || 'none'}`]
  }
  return [...text('referrers', referrers), ...text('digest tags', digestTags)].join('; ')
}

/** Nothing is said of a place on this machine's disk. */
export function requestsText(
  {
    requests: { source, destination },
    retries = 0,
  }: { requests: CopyResult['requests']; retries?: number | undefined },
  there = 'destination',
): string {
  const parts = [
    ...(source > 0 ? [`${formatCount(source, 'request')} to the source`] : []),
    ...(destination > 0 ? [`${formatCount(destination, 'request')} to the ${there}`] : []),
    ...(retries > 0 ? [`${retries} of them again`] : []),
  ]
  return parts.join(', ')
}

/** `read from https://mirror.example (3 blobs, 12.4 MiB), docker.io (1 manifest, 2.1 KiB)`; '' where there are no mirrors. */
export function servedText({ served = [] }: Pick<CopyResult, 'served'>): string {
  const given = served.filter(({ manifests, blobs }) => manifests + blobs > 0)
  const parts = given.map(({ source, manifests, blobs, bytes }) => {
    const what = [
      ...(manifests > 0 ? [formatCount(manifests, 'manifest')] : []),
      ...(blobs > 0 ? [formatCount(blobs, 'blob')] : []),
      formatBytes(bytes),
    ]
    return `${escapeText(source)} (${what.join(', ')})`
  })
  return parts.length === 0 ? '' : `read from ${parts.join(', ')}`
}

/** `the source grants 76 of 100 pulls in 6 h 00 min still`; '' where it says nothing of it. */
function quotaText({ rateLimit }: CopyResult): string {
  if (!rateLimit) return ''
  const { remaining, limit, windowSeconds } = rateLimit
  return `the source grants ${remaining} more of ${limit} pulls in ${formatDuration(windowSeconds)}`
}

function rehearsal({ manifests, blobs, bytes }: CopyResult): string {
  const sent = `${formatCount(manifests.copied, 'manifest')} and ${formatCount(blobs.copied, 'blob')}`
  return `a rehearsal: would copy ${sent}, ${summaryLine({ bytes, seconds: 0 }).replace(/^copied | in 0\.0 s/g, '')}`
}
