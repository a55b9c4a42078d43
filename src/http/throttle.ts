import { finished } from 'node:stream'
import type { HttpRequest, HttpResponse, Layer } from './http.ts'

export interface ThrottleOptions {
  /** Requests under way at a time per `host[:port]` and direction; 8 when absent. */
  requestsPerHost?: number | ((host: string) => number)
  /** Milliseconds after which a body that nobody has begun to read no longer counts; 5000 when absent. */
  patience?: number
}

/**
 * At most so many requests at a time per host, first come first served; one counts until its body has ended, failed or was destroyed.
 * Uploads queue apart from the rest: a copy within one host holds a GET whose bytes go into a PUT, and would wait for itself.
 * For the same reason an answer that nobody reads gives its place away after a while: the limit is a courtesy, a deadlock is not.
 */
export function throttle({ requestsPerHost = 8, patience = 5000 }: ThrottleOptions = {}): Layer {
  const gates = new Map<string, Gate>()
  return next => async request => {
    const { host } = new URL(request.url)
    const key = `${host} ${isUpload(request) ? 'up' : 'down'}`
    const gate =
      gates.get(key) ?? new Gate(typeof requestsPerHost === 'number' ? requestsPerHost : requestsPerHost(host))
    gates.set(key, gate)
    const release = await gate.enter(request.signal)
    try {
      const response = await next(request)
      releaseAfter(response, patience, release)
      return response
    } catch (error) {
      release()
      throw error
    }
  }
}

function isUpload({ body }: HttpRequest): boolean {
  return body !== undefined && body.size > 0
}

function releaseAfter({ body }: HttpResponse, patience: number, release: () => void): void {
  if (body.destroyed || body.readableEnded) {
    release()
    return
  }
  const timer = setTimeout(() => {
    if (!body.readableDidRead) release()
  }, patience)
  timer.unref()
  finished(body, { writable: false }, () => {
    clearTimeout(timer)
    release()
  })
}

class Gate {
  #free: number
  /** In order of arrival; a Set, so that an aborted waiter leaves without a search. */
  readonly #waiting = new Set<() => void>()

  constructor(places: number) {
    this.#free = places
  }

  /** Resolves with what gives the place back, which works once. Rejects with the signal's reason when aborted in the queue. */
  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#queue(signal)
    let held = true
    return () => {
      if (held) this.#leave()
      held = false
    }
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

  /** The place goes straight to the next in the queue, past anybody who comes in the same moment. */
  #leave(): void {
    const [admit] = this.#waiting
    if (admit === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(admit)
    admit()
  }
}
