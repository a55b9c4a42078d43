import { codeOf, RegctlError } from '../model/errors.ts'
import { discard } from './body.ts'
import type { HttpRequest, HttpResponse, Layer, Send } from './http.ts'
import { addressOf } from './location.ts'
import { createPace, type HostPace, type Pace } from './pace.ts'
import { isStale } from './stale.ts'

export interface RetryOptions {
  /** What is known of the hosts, shared with others who ask them. */
  pace?: Pace
  /** Requests in all, the first included, to a host that has not served anything yet, or that fails on this very request (500); 3 when absent. */
  attempts?: number
  /** Requests in all to a host that serves others meanwhile; 30 when absent. */
  mostAttempts?: number
  /** Longest Retry-After in milliseconds that is waited for; whoever asks for more is not asked again. 300 000 when absent. */
  maxWait?: number
  /** Longest wait of our own in milliseconds; 10 000 when absent. */
  maxBackoff?: number
  random?: () => number
  /** Milliseconds since the epoch, against which a date in Retry-After is read. */
  date?: () => number
  /** Told at each repetition; `reason` as in `Wait`. */
  onRetry?: ((again: Retry) => void) | undefined
}

/** A request that is sent again: `{ host: 'ghcr.io', attempt: 2, reason: 'ghcr.io says 503' }`. */
export interface Retry {
  host: string
  /** Which one it will be: 2 for the first repetition. */
  attempt: number
  reason: string
}

const firstBackoff = 500
/** A pool can hold several connections that went stale together; each costs one attempt, which is not counted. */
const mostStale = 8

/** Passing failures (item 77): timeouts, "too early", "too many", and a gateway or its backend being away (52x are Cloudflare's). */
function isPassing(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 529)
}

/** Errors that a retry has given up on: one around it (a registry's around its token service's) is not to begin from the start. */
const final = new WeakSet<object>()

/** Causes by which no byte of the request can have reached anybody. ENOTFOUND is not among them: a wrong name stays wrong. */
const neverSent: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * Sends again what failed in passing, waiting as the server tells (`Retry-After`) or longer and longer with full jitter. How long it goes
 * on is the host's affair, not the request's: at least `attempts` times, and while a host that has served us before is away, until it
 * has been silent for the pace's patience. The last failing answer is returned, never thrown; the last broken connection is thrown.
 */
export function retry(options: RetryOptions = {}): Layer {
  const { pace = createPace(), maxWait = 300_000, date = Date.now, onRetry } = options
  return next => async request => {
    const trouble: Trouble = { failures: 0, stale: 0, isLost: false }
    for (;;) {
      const outcome = await attemptOnce(next, request)
      const host = pace.of(hostOf(request, outcome))
      const good = goodAnswer(outcome)
      if (good) return served(pace, request, trouble.isLost ? { ...good, mayBeDone: true } : good)
      trouble.isLost ||= wasLost(outcome)
      if (isFreshNeeded(request, outcome, trouble)) continue
      trouble.failures++
      trouble.since ??= host.now()
      const reason = reasonOf(request, outcome)
      const told = toldToWait(outcome, date())
      // Told to one, meant for all; also when this very request cannot be sent again.
      if (told !== undefined && told > maxWait) return settle(outcome)
      if (told !== undefined) host.pause(told, reason)
      if (!mayRepeat(request, outcome)) return settle(outcome)
      const backoff = nextBackoff(host, outcome, { ...options, trouble })
      if (backoff === undefined) return settle(outcome)
      if (outcome.response) await discard(outcome.response)
      onRetry?.({ host: hostOf(request, outcome), attempt: trouble.failures + 1, reason })
      if (told !== undefined || outcome.response?.status === 429) {
        host.pause(Math.max(told ?? 0, backoff), reason)
        await host.ready(request.signal)
      } else await host.backOff(backoff, reason, request.signal)
      request.signal?.throwIfAborted()
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

/** A date is meant by the clock of whoever names it, and ours may be another. */
function toldToWait({ response }: Outcome, now: number): number | undefined {
  const theirs = Date.parse(response?.headers.date ?? '')
  return parseRetryAfter(response?.headers['retry-after'], Number.isNaN(theirs) ? now : theirs)
}

type Outcome = { response: HttpResponse; error?: undefined } | { response?: undefined; error: unknown }

/** What has happened to one request so far. */
interface Trouble {
  failures: number
  stale: number
  /** It went out once, and nobody knows what became of it. */
  isLost: boolean
  /** Milliseconds of the pace's clock. */
  since?: number
}

async function attemptOnce(next: Send, request: HttpRequest): Promise<Outcome> {
  request.signal?.throwIfAborted()
  try {
    return { response: await next(request) }
  } catch (error) {
    return { error }
  }
}

function goodAnswer({ response }: Outcome): HttpResponse | undefined {
  return response && !isPassing(response.status) ? response : undefined
}

/** Redirects may have led elsewhere: both hosts did their part. The end of a body is a sign of life too. */
function served(pace: Pace, request: HttpRequest, response: HttpResponse): HttpResponse {
  const last = pace.of(hostOf(request, { response }))
  pace.of(addressOf(request.url).host).progress()
  last.progress()
  if (!response.body.readableEnded) response.body.once('end', () => last.progress())
  return response
}

function settle({ response, error }: Outcome): HttpResponse {
  if (response) return response
  throw error
}

/** A kept connection had gone stale: what has no body to lose, and at worst opens an upload for nothing, goes out again at once. */
function isFreshNeeded(request: HttpRequest, { error }: Outcome, trouble: Trouble): boolean {
  if (!isStale(error) || request.signal?.aborted || request.once || request.body?.size) return false
  return trouble.stale++ < mostStale
}

/**
 * A GET, HEAD, DELETE, or PUT (it names its digest) may be repeated. A POST, PATCH or a request that is to be sent `once` may have had
 * its effect although the answer was lost, and a chunk sent twice spoils an upload on registries that append blindly (item 36). Those
 * are sent again only where nothing was done: no connection came about, or the server was too busy to look (429). A POST without a body,
 * which at worst opens an upload for nothing, is repeated after a 503 and a broken connection too; with a body it is not, since a gateway's
 * 503 may stand before a backend that took part of it.
 */
function mayRepeat(request: HttpRequest, { response, error }: Outcome): boolean {
  if (request.signal?.aborted) return false
  const repeatable = !request.once && request.method !== 'POST' && request.method !== 'PATCH'
  const opensUpload = !request.once && request.method === 'POST' && !request.body?.size
  if (response) {
    if (response.status === 429 || (response.status === 503 && opensUpload)) return true
    return repeatable && isPassing(response.status)
  }
  if (!(error instanceof RegctlError) || final.has(error)) return false
  const cause = codeOf(error.cause)
  if (error.code === 'UNREACHABLE') return cause !== 'ENOTFOUND' && (repeatable || opensUpload || neverSent.has(cause))
  return error.code === 'STALLED' && repeatable
}

function wasLost({ error }: Outcome): boolean {
  if (!(error instanceof RegctlError)) return false
  return error.code === 'STALLED' || (error.code === 'UNREACHABLE' && !neverSent.has(codeOf(error.cause)))
}

/** Milliseconds before the next attempt, by exponential backoff with full jitter; `undefined` when there is to be none. */
function nextBackoff(
  host: HostPace,
  { response, error }: Outcome,
  { trouble, attempts = 3, mostAttempts = 30, ...options }: RetryOptions & { trouble: Trouble },
): number | undefined {
  const { maxBackoff = 10_000, random = Math.random } = options
  const { failures, since = host.now() } = trouble
  // Answered with 500, the host is there, and it is this request that it cannot serve.
  const isAway = response?.status !== 500
  const most = host.proven && isAway && attempts > 1 ? mostAttempts : attempts
  if (failures >= most || (failures >= attempts && !host.hasPatience(since))) {
    if (isAway) host.giveUp()
    if (error instanceof Error) final.add(error)
    return undefined
  }
  return random() * Math.min(firstBackoff * 2 ** (failures - 1), maxBackoff)
}

function hostOf(request: HttpRequest, { response }: Outcome): string {
  return addressOf(response?.url ?? request.url).host
}

function reasonOf(request: HttpRequest, outcome: Outcome): string {
  if (outcome.response) return `${hostOf(request, outcome)} says ${outcome.response.status}`
  return outcome.error instanceof Error ? outcome.error.message : 'the connection broke'
}
