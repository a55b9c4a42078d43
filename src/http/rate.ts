import { sleep as realSleep, type Sleep } from './sleep.ts'

/** One measure for all body bytes of a copy. */
export interface RateLimit {
  bytesPerSecond: number
  /** Resolves when so many bytes may pass, in order of asking. Rejects with the signal's reason. */
  take(bytes: number, signal?: AbortSignal | undefined): Promise<void>
}

export interface Clock {
  /** Milliseconds of a steady clock. */
  now?: () => number
  sleep?: Sleep
}

/** What may pass at once after a pause, in milliseconds of the rate. */
const burst = 100

/** A token bucket that lends: what is larger than the bucket passes, and whoever comes next waits for it. */
export function createRateLimit(
  bytesPerSecond: number,
  { now = () => performance.now(), sleep = realSleep }: Clock = {},
): RateLimit {
  /** When everything that was taken will have been paid for. */
  let paidAt = Number.NEGATIVE_INFINITY
  return {
    bytesPerSecond,
    async take(bytes, signal) {
      signal?.throwIfAborted()
      paidAt = Math.max(paidAt, now() - burst) + (bytes * 1000) / bytesPerSecond
      const wait = paidAt - now()
      if (wait > 0) await sleep(wait, signal)
    },
  }
}

/**
 * Lets chunks pass no faster than the limit. They are cut to a quarter of a second of it, so that many transfers side by side each
 * move often enough not to look stalled. Rejects with the signal's reason.
 */
export async function* limited(
  chunks: AsyncIterable<Buffer>,
  limit: RateLimit,
  signal?: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const piece = Math.max(512, Math.floor(limit.bytesPerSecond / 4))
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += piece) {
      const part = chunk.subarray(at, at + piece)
      await limit.take(part.length, signal)
      yield part
    }
  }
}

/** Waits so that requests to one host go out no more often than so many a second, evenly. */
export function createRequestRate(
  requestsPerSecond: number,
  { now = () => performance.now(), sleep = realSleep }: Clock = {},
): (host: string, signal: AbortSignal | undefined) => Promise<void> {
  const nextAt = new Map<string, number>()
  return async (host, signal) => {
    signal?.throwIfAborted()
    const at = Math.max(nextAt.get(host) ?? 0, now())
    nextAt.set(host, at + 1000 / requestsPerSecond)
    if (at > now()) await sleep(at - now(), signal)
  }
}
