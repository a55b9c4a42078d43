import { Gate, type Pass } from './gate.ts'
import type { HttpRequest, HttpResponse, Layer } from './http.ts'
import { addressOf } from './location.ts'

export interface ThrottleOptions {
  /** Requests under way at a time per `host[:port]` and direction, at most; 16 when absent. */
  requestsPerHost?: number | ((host: string) => number)
  /** Milliseconds after which a body that nobody has begun to read no longer counts; 5000 when absent. */
  patience?: number
  /** Resolves when a request that has its place may go out: the host's pauses, and its pace. */
  ready?: (host: string, signal: AbortSignal | undefined) => Promise<void>
  /** Milliseconds of a steady clock. */
  now?: () => number
}

/**
 * At most so many requests at a time per host, first come first served, and fewer while the host is overloaded (see {@link Gate}); one
 * counts until its body has ended, failed or was destroyed. Uploads queue apart from the rest: a copy within one host holds a GET whose
 * bytes go into a PUT, and would wait for itself. For the same reason an answer that nobody reads gives its place away after a while:
 * the limit is a courtesy, a deadlock is not.
 */
export function throttle(options: ThrottleOptions = {}): Layer {
  const { requestsPerHost = 16, patience = 5000, ready, now = () => performance.now() } = options
  const gates = new Map<string, Gate>()
  return next => async request => {
    const { host } = addressOf(request.url)
    const key = `${host} ${isUpload(request) ? 'up' : 'down'}`
    const gate =
      gates.get(key) ?? new Gate(typeof requestsPerHost === 'number' ? requestsPerHost : requestsPerHost(host))
    gates.set(key, gate)
    const pass = await gate.enter(request.signal)
    try {
      await ready?.(host, request.signal)
      const start = now()
      const response = await next(request)
      learn(pass, request, { status: response.status, milliseconds: now() - start })
      releaseAfter(response, patience, pass.release)
      return response
    } catch (error) {
      pass.release()
      throw error
    }
  }
}

/** How long an answer takes says something of the host only where it had no body to wait for. */
function learn(
  pass: Pass,
  request: HttpRequest,
  { status, milliseconds }: { status: number; milliseconds: number },
): void {
  if (status === 429 || status === 503) pass.overloaded()
  else if (status < 500) pass.succeeded(isUpload(request) ? undefined : { kind: request.method, milliseconds })
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
  body.once('close', () => {
    clearTimeout(timer)
    release()
  })
}
