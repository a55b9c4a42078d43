import { formatBytes, formatDuration, formatRate } from './units.ts'

/** What a copy did, in bytes and seconds. */
export interface Totals {
  bytes: { copied: number; mounted: number; skipped: number; resumed: number }
  seconds: number
}

/** The end of a copy in one line: `copied 12.4 MiB in 3.2 s (3.9 MiB/s), mounted 2.0 MiB, skipped 1.0 MiB`. */
export function summaryLine({ bytes, seconds }: Totals): string {
  const parts: string[] = []
  if (bytes.copied > 0) {
    const rate = seconds > 0 ? ` (${formatRate(bytes.copied / seconds)})` : ''
    parts.push(`copied ${formatBytes(bytes.copied)} in ${formatDuration(seconds)}${rate}`)
  }
  if (bytes.mounted > 0) parts.push(`mounted ${formatBytes(bytes.mounted)}`)
  if (bytes.skipped > 0) parts.push(`skipped ${formatBytes(bytes.skipped)}`)
  if (bytes.resumed > 0) parts.push(`resumed after ${formatBytes(bytes.resumed)}`)
  return parts.length > 0 ? parts.join(', ') : `nothing to copy (${formatDuration(seconds)})`
}

/** The bytes of a row: `12.4 MiB, 2.0 MiB mounted`. */
export function movedText({ bytes: { copied, mounted } }: Pick<Totals, 'bytes'>): string {
  const parts = [
    ...(copied > 0 ? [formatBytes(copied)] : []),
    ...(mounted > 0 ? [`${formatBytes(mounted)} mounted`] : []),
  ]
  return parts.join(', ')
}
