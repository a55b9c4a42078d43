import { sleep as realSleep, type Sleep } from './sleep.ts'

/** Why nothing moves for a while: `{ host: 'ghcr.io', seconds: 7, reason: 'ghcr.io says 429' }`. */
export interface Wait {
  host: string
  seconds: number
  reason: string
}

export interface PaceOptions {
  /** Milliseconds that a host which has served us before may fail without one success in between; 60 000 when absent. */
  patience?: number
  /** Milliseconds of a steady clock. */
  now?: () => number
  sleep?: Sleep
  random?: () => number
  /** Told once a wait of a host, however many requests wait. */
  onWait?: ((wait: Wait) => void) | undefined
}

/** What all requests of one run know of each `host[:port]`; shared by retry and throttle. */
export interface Pace {
  of(host: string): HostPace
}

/** How one host is doing, and until when it wants to be left alone. */
export interface HostPace {
  /** It has answered to the purpose once: an outage is waited for, which of a host never met would only be a wrong name. */
  readonly proven: boolean
  /** The host served something, or bytes moved: whoever waits for it may go on doing so. */
  progress(): void
  /** Whether to go on with a request that has failed since then (milliseconds of the clock): the host's last success counts as well. */
  hasPatience(since: number): boolean
  /** A request was given up: others are not to wait as long again, one after the other. Over at the next success or after `patience`. */
  giveUp(): void
  /** Nobody asks anything of the host before `milliseconds` are over. */
  pause(milliseconds: number, reason: string): void
  /** Waits for the host's pauses to be over. Rejects with the signal's reason. */
  ready(signal: AbortSignal | undefined): Promise<void>
  /** Waits for one request alone. Rejects with the signal's reason. */
  backOff(milliseconds: number, reason: string, signal: AbortSignal | undefined): Promise<void>
  /** Milliseconds of the clock. */
  now(): number
}

/** After a pause, nobody comes back in the same instant as everybody else. */
const spread = 500

export function createPace(options: PaceOptions = {}): Pace {
  const hosts = new Map<string, HostPace>()
  return {
    of(host) {
      const pace = hosts.get(host) ?? hostPace(host, options)
      hosts.set(host, pace)
      return pace
    },
  }
}

function hostPace(host: string, options: PaceOptions): HostPace {
  const { patience = 60_000, now = () => performance.now(), sleep = realSleep, random = Math.random } = options
  let lastProgress: number | undefined
  let gaveUpAt: number | undefined
  let pausedUntil = Number.NEGATIVE_INFINITY
  let toldUntil = Number.NEGATIVE_INFINITY

  function tell(until: number, reason: string): void {
    // Requests that fail together have one wait between them; only a wait that becomes longer is news.
    if (until <= toldUntil + (now() < toldUntil ? 1000 : 0)) return
    toldUntil = until
    options.onWait?.({ host, seconds: Math.ceil((until - now()) / 1000), reason })
  }

  return {
    get proven() {
      return lastProgress !== undefined
    },
    progress() {
      lastProgress = now()
      gaveUpAt = undefined
    },
    hasPatience(since) {
      if (gaveUpAt !== undefined && now() - gaveUpAt < patience) return false
      return now() - Math.max(since, lastProgress ?? since) < patience
    },
    giveUp() {
      gaveUpAt ??= now()
    },
    pause(milliseconds, reason) {
      const until = now() + milliseconds
      pausedUntil = Math.max(pausedUntil, until)
      if (milliseconds > 0) tell(until, reason)
    },
    async ready(signal) {
      signal?.throwIfAborted()
      while (pausedUntil > now()) await sleep(pausedUntil - now() + random() * spread, signal)
    },
    async backOff(milliseconds, reason, signal) {
      if (milliseconds > 0) tell(now() + milliseconds, reason)
      await sleep(milliseconds, signal)
    },
    now,
  }
}
