/** A place that was had at a gate. */
export interface Pass {
  /** Gives the place back; works once. */
  release(): void
  /** The request went well, with its answer's headers there after so many milliseconds, where that says something of the host. */
  succeeded(latency?: { kind: string; milliseconds: number }): void
  /** The host is overloaded: 429 or 503. */
  overloaded(): void
}

/** Places at the beginning, where more are allowed: one for each transfer of a copy. */
const first = 8
const halving = 0.5
/** Growing latency is a weaker sign than a refusal. */
const easing = 0.8
/** Answers are slow when they take so many times the best, and at least so many milliseconds more: below, it may be our own load. */
const slow = { factor: 3, milliseconds: 250 }

/**
 * A line before a host, first come first served, with a number of places that adapts (AIMD): about one more for each round of good
 * answers, half of them after an overload, fewer when answers become slow; never below 1, never above `most`.
 */
export class Gate {
  readonly #most: number
  #limit: number
  #held = 0
  /** Counts admissions: what was admitted before the last decrease says nothing about the new number. */
  #admitted = 0
  #decreasedAt = 0
  readonly #latencies = new Map<string, Latency>()
  /** In order of arrival; a Set, so that an aborted waiter leaves without a search. */
  readonly #waiting = new Set<() => void>()

  constructor(most: number) {
    this.#most = most
    this.#limit = Math.min(first, most)
  }

  /** Requests that may be under way now. */
  get places(): number {
    return Math.floor(this.#limit)
  }

  /** Rejects with the signal's reason when aborted in the queue. */
  async enter(signal: AbortSignal | undefined): Promise<Pass> {
    signal?.throwIfAborted()
    if (this.#held < this.places && this.#waiting.size === 0) this.#held++
    else await this.#queue(signal)
    return this.#pass(++this.#admitted)
  }

  #pass(number: number): Pass {
    let held = true
    return {
      release: () => {
        if (!held) return
        held = false
        this.#held--
        this.#admit()
      },
      succeeded: latency => {
        if (latency && this.#isSlow(latency)) this.#decrease(number, easing)
        else this.#increase()
      },
      overloaded: () => this.#decrease(number, halving),
    }
  }

  #increase(): void {
    // Only a limit that is used says whether more would do.
    if (this.#held < this.places) return
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit)
    this.#admit()
  }

  #decrease(number: number, factor: number): void {
    if (number <= this.#decreasedAt) return
    this.#decreasedAt = this.#admitted
    this.#limit = Math.max(1, this.#limit * factor)
  }

  #isSlow({ kind, milliseconds }: { kind: string; milliseconds: number }): boolean {
    const known = this.#latencies.get(kind) ?? { best: milliseconds, usual: milliseconds }
    // The best is forgotten by and by: a route may have become longer for good.
    const best = Math.min(milliseconds, known.best * 1.01)
    const usual = known.usual * 0.8 + milliseconds * 0.2
    this.#latencies.set(kind, { best, usual })
    return usual > best * slow.factor && usual > best + slow.milliseconds
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(admit)
        reject(signal?.reason)
      }
      const admit = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(admit)
    })
  }

  /** Free places go straight to the first in the queue, past anybody who comes in the same moment. */
  #admit(): void {
    for (const admit of this.#waiting) {
      if (this.#held >= this.places) return
      this.#held++
      this.#waiting.delete(admit)
      admit()
    }
  }
}

/** Milliseconds: the shortest seen, and a moving average. */
interface Latency {
  best: number
  usual: number
}
