import type { Reason, Tally } from '../webhook/tally.ts'
import { formatCount } from './units.ts'

const names: Readonly<Record<Reason, string>> = {
  method: 'no POST',
  path: 'another path',
  browser: 'from a browser',
  secret: 'wrong secret',
  oversized: 'oversized',
  malformed: 'malformed',
  full: 'too many at once',
  broken: 'broken off',
}

/** `12 events in 10 requests: 9 passed on, 2 duplicates, 1 not asked for; refused 2 requests (1 wrong secret, 1 malformed); 1 command failed` */
export function formatTally({ requests, events, refused, ...counts }: Tally): string {
  const kinds = [
    `${counts.delivered} passed on`,
    ...some(counts.duplicates, formatCount(counts.duplicates, 'duplicate')),
    ...some(counts.filtered, `${counts.filtered} not asked for`),
    ...some(counts.layers, `${counts.layers} about layers`),
  ]
  const reasons = (Object.keys(names) as Reason[]).filter(reason => refused[reason] > 0)
  const total = reasons.reduce((sum, reason) => sum + refused[reason], 0)
  return [
    `${formatCount(events, 'event')} in ${formatCount(requests, 'request')}: ${kinds.join(', ')}`,
    ...some(
      total,
      `refused ${formatCount(total, 'request')} (${reasons.map(reason => `${refused[reason]} ${names[reason]}`).join(', ')})`,
    ),
    ...some(counts.failures, `${formatCount(counts.failures, 'command')} failed`),
  ].join('; ')
}

function some(count: number, text: string): string[] {
  return count > 0 ? [text] : []
}
