/** Why a request was refused. */
export type Reason = 'method' | 'path' | 'browser' | 'secret' | 'oversized' | 'malformed' | 'full' | 'broken'

/** What a listener has seen; every request and every event is in one of its numbers. */
export interface Tally {
  requests: number
  /** Events of the requests that were accepted. */
  events: number
  /** Passed on. */
  delivered: number
  /** Not asked for. */
  filtered: number
  /** About layers, and left out. */
  layers: number
  duplicates: number
  /** Commands that failed. */
  failures: number
  refused: Record<Reason, number>
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    events: 0,
    delivered: 0,
    filtered: 0,
    layers: 0,
    duplicates: 0,
    failures: 0,
    refused: { method: 0, path: 0, browser: 0, secret: 0, oversized: 0, malformed: 0, full: 0, broken: 0 },
  }
}

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
    ...some(counts.duplicates, plural(counts.duplicates, 'duplicate')),
    ...some(counts.filtered, `${counts.filtered} not asked for`),
    ...some(counts.layers, `${counts.layers} about layers`),
  ]
  const reasons = (Object.keys(names) as Reason[]).filter(reason => refused[reason] > 0)
  const total = reasons.reduce((sum, reason) => sum + refused[reason], 0)
  return [
    `${plural(events, 'event')} in ${plural(requests, 'request')}: ${kinds.join(', ')}`,
    ...some(
      total,
      `refused ${plural(total, 'request')} (${reasons.map(reason => `${refused[reason]} ${names[reason]}`).join(', ')})`,
    ),
    ...some(counts.failures, `${plural(counts.failures, 'command')} failed`),
  ].join('; ')
}

function some(count: number, text: string): string[] {
  return count > 0 ? [text] : []
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
