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
