import type { CopyToManyResult } from '../copy/many.ts'
import { isUnchanged } from '../copy/totals.ts'
import type { Told } from './copy-report.ts'
import { companionsText, requestsText, servedText } from './copy-summary.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { movedText } from './summary.ts'
import { table } from './table.ts'

/** A row for each destination, then what was copied. */
export async function copyManySummary(report: CopyToManyResult & Told, style: Style): Promise<string> {
  const { source, destinations, dryRun, retries } = report
  const done = destinations.flatMap(each => ('error' in each ? [] : [each]))
  const rows = destinations.map(each => {
    if ('error' in each) return [each.destination, each.error.message]
    return [each.destination, isUnchanged(each) ? 'unchanged' : movedText(each)]
  })
  const columns = [
    { title: 'DESTINATION', paint: 'cyan', fit: 'wrap' },
    { title: dryRun ? 'TO COPY' : 'COPIED', fit: 'wrap' },
  ] as const
  const requests = {
    source: done[0]?.requests.source ?? 0,
    destination: done.reduce((sum, each) => sum + each.requests.destination, 0),
  }
  return [
    await table(columns, rows, style),
    `${escapeText(source)}${done[0] ? ` is ${escapeText(done[0].digest)}` : ''}`,
    companionsText(report),
    paint(requestsText({ requests, retries }, 'destinations'), 'dim', style),
    servedText(done[0] ?? {}),
  ]
    .filter(line => line !== '')
    .join('\n')
}
