/** How blobs are fetched over several connections; sizes in bytes, times in milliseconds. */
export interface RangeRules {
  /** With fewer bytes to come a blob stays on one connection. */
  least: number
  /** With fewer bytes, or less time, to come a blob gets no further connections. */
  leastLeft: number
  leastTime: number
  /** What is asked for at a time, and held in memory at most. */
  segment: number
  /** Segments in memory for one blob, and for all blobs of a registry. */
  segmentsPerBlob: number
  segments: number
  connectionsPerBlob: number
  /** Downloads of blobs at a time from a registry, with which further connections may still be opened. */
  connections: number
  /** How long one connection is watched first, and each larger number of them. */
  look: number
  step: number
  /** How long new connections may take to answer, and how long no others are tried when they were in vain. */
  patience: number
  rest: number
  /** Bytes a second from a registry beyond which it is not its connections that are slow. */
  fast: number
  /** The share of what new connections ought to add to the rate that they must add to stay. */
  worthwhile: number
}

const mebibyte = 1024 * 1024

/** Each connection also holds what the pump reads into, so that these bounds make for some 25 MiB for one blob. */
const defaults: RangeRules = {
  least: 16 * mebibyte,
  leastLeft: 8 * mebibyte,
  leastTime: 1000,
  segment: 3 * mebibyte,
  segmentsPerBlob: 5,
  segments: 10,
  connectionsPerBlob: 5,
  connections: 10,
  look: 750,
  step: 400,
  patience: 2000,
  rest: 10_000,
  fast: 96 * mebibyte,
  worthwhile: 0.5,
}

/** What all downloads of blobs from one registry share in a run: the count of what comes, and a bound on what is held in memory. */
export class Downloads {
  readonly rules: RangeRules
  /** Milliseconds of a steady clock. */
  readonly now: () => number
  /** Bytes that have come so far, for all blobs. */
  received = 0
  /** Open now. */
  connections = 0
  /** Somebody tries whether more connections bring more: two at once would measure each other. */
  isTrying = false
  /** Milliseconds of the clock before which nobody tries again. */
  restUntil = Number.NEGATIVE_INFINITY
  #segments = 0
  /** Pieces that were given back: what is freed and made anew again and again leaves holes that the system never gets back. */
  readonly #spare: Buffer[] = []

  constructor({ now = () => performance.now(), ...rules }: Partial<RangeRules> & { now?: () => number } = {}) {
    this.rules = { ...defaults, ...rules }
    this.now = now
  }

  /** Bytes held in segments. */
  get held(): number {
    return this.#segments * this.rules.segment
  }

  /** Memory for one segment, as long as there is any. */
  take(): Buffer | undefined {
    if (this.#segments >= this.rules.segments) return undefined
    this.#segments++
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.rules.segment)
  }

  /** @param free those that nobody reads or writes any more */
  give(segments: number, free: readonly Buffer[]): void {
    this.#segments -= segments
    this.#spare.push(...free)
  }
}
