import { setTimeout as delay } from 'node:timers/promises'
import { RegctlError } from '../model/errors.ts'
import { discard } from './body.ts'
import type { HttpRequest, HttpResponse, Layer, Send } from './http.ts'

/** Why nothing moves for a while: `{ host: 'ghcr.io', seconds: 7, reason: 'ghcr.io answered 429' }`. */
export interface Wait {
  host: string
  seconds: number
  reason: string
}

export interface RetryOptions {
  /** Requests in all, the first included; 3 when absent. */
  attempts?: number
  /** Longest wait between two of them in milliseconds, whatever Retry-After says; 60 000 when absent. */
  maxWait?: number
  sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
  random?: () => number
  /** Milliseconds since the epoch, against which a date in Retry-After is read. */
  now?: () => number
  onWait?: (wait: Wait) => void
}

const firstBackoff = 500

/** Passing failures (item 77): timeouts, "too early", "too many", and a gateway or its backend being away (52x are Cloudflare's). */
function isPassing(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 529)
}

/** Causes by which no byte of the request can have reached anybody. ENOTFOUND is not among them: a wrong name stays wrong. */
const neverSent: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * Sends again what failed in passing, waiting as the server tells (`Retry-After`) or longer and longer with full jitter.
 * The last failing answer is returned, never thrown; the last broken connection is thrown.
 */
export function retry(options: RetryOptions = {}): Layer {
  const { attempts = 3 } = options
  return next => async request => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(next, request)
      if (attempt >= attempts || !mayRepeat(request, outcome)) return settle(outcome)
      if (outcome.response) await discard(outcome.response)
      await pause(request, outcome, { ...options, attempt })
    }
  }
}

/**
 * Milliseconds to wait by a Retry-After header (RFC 9110, 10.2.3), given as seconds or as a date; `undefined` when it is neither.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  // HTTP dates begin with a day's name; without this check Date.parse would take `-5` for a year.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

type Outcome = { response: HttpResponse; error?: undefined } | { response?: undefined; error: unknown }

async function attemptOnce(next: Send, request: HttpRequest): Promise<Outcome> {
  request.signal?.throwIfAborted()
  try {
    return { response: await next(request) }
  } catch (error) {
    return { error }
  }
}

function settle({ response, error }: Outcome): HttpResponse {
  if (response) return response
  throw error
}

/**
 * A GET, HEAD, DELETE, or PUT (it names its digest) may be repeated. A POST, PATCH or a request that is to be sent `once` may have had
 * its effect although the answer was lost, and a chunk sent twice spoils an upload on registries that append blindly (item 36). Those
 * are sent again only where nothing was done: no connection came about, or the server was too busy to look (429). A 503 may come from
 * a gateway behind which the backend took part of a body, so only a POST without one, which at worst opens an upload for nothing, is
 * repeated after it.
 */
function mayRepeat(request: HttpRequest, { response, error }: Outcome): boolean {
  if (request.signal?.aborted) return false
  const repeatable = !request.once && request.method !== 'POST' && request.method !== 'PATCH'
  const opensUpload = !request.once && request.method === 'POST' && !request.body?.size
  if (response) {
    if (response.status === 429 || (response.status === 503 && opensUpload)) return true
    return repeatable && isPassing(response.status)
  }
  if (!(error instanceof RegctlError)) return false
  const cause = causeCode(error)
  if (error.code === 'UNREACHABLE') return cause !== 'ENOTFOUND' && (repeatable || neverSent.has(cause))
  return error.code === 'STALLED' && repeatable
}

function causeCode({ cause }: RegctlError): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

async function pause(
  request: HttpRequest,
  { response, error }: Outcome,
  options: RetryOptions & { attempt: number },
): Promise<void> {
  const { attempt, maxWait = 60_000, sleep = sleepFor, random = Math.random, now = Date.now, onWait } = options
  const told = parseRetryAfter(response?.headers['retry-after'], now())
  const backoff = random() * firstBackoff * 2 ** (attempt - 1)
  // A little jitter on top of what was told, so that many clients do not come back in the same instant.
  const wait = Math.min(told === undefined ? backoff : told + random() * firstBackoff, maxWait)
  const { host } = new URL(response?.url ?? request.url)
  const reason = response ? `${host} answered ${response.status}` : messageOf(error)
  onWait?.({ host, seconds: Math.ceil(wait / 1000), reason })
  await sleep(wait, request.signal)
  request.signal?.throwIfAborted()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the connection broke'
}

/** Ends at once when aborted, with the reason that the signal carries. */
async function sleepFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(milliseconds, undefined, signal ? { signal } : {}).catch(error => {
    throw signal?.aborted ? signal.reason : error
  })
}
