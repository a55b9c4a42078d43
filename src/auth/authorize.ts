import type { Credential, FoundCredential } from '../credentials/credentials.ts'
import { sameOrigin } from '../http/addresses.ts'
import { discard, readStartBytes } from '../http/body.ts'
import { type HttpRequest, type HttpResponse, isRead, type Layer, type RefusedLogin, type Send } from '../http/http.ts'
import { isNearby } from '../http/neighbours.ts'
import { openBytes } from '../model/content.ts'
import { RegctlError, reworded } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { type Answerer, createAnswerer } from './answerer.ts'
import type { BearerOptions } from './bearer.ts'
import { type Challenge, parseChallenges } from './challenge.ts'

export interface AuthorizeOptions extends BearerOptions {
  notify?: Notify | undefined
}

/**
 * Answers 401 for one registry: bare first, then with what its challenge asks for, once more (item 78). Requests to other origins, and
 * 401 from anywhere but the request's own origin, pass through untouched (T5, T6, CVE-2020-15157, CVE-2026-49349, GHSA-vh4v-2xq2-g5cg).
 * The last 401 or 403 is returned as a response, its body at most 64 KiB.
 * @throws RegctlError when the token server gives no token, or the realm must not be visited.
 */
export function authorize(options: AuthorizeOptions): Layer {
  const answerer = createAnswerer(options)
  return next => async request => {
    const foreign = !sameOrigin(request.url, options.baseUrl)
    if (foreign || request.headers?.authorization !== undefined) return next(request)
    const sent = await answerer.guess(request)
    const response = await next(withAuthorization(request, sent))
    if (!wantsAuthorization(response, request)) return response
    const held = await hold(response)
    const challenges = await challengesOf(held, { next, request, baseUrl: options.baseUrl })
    if (challenges.length === 0) return held
    return settle({ answerer, next, request, options }, { response: held, challenges, sent })
  }
}

/** What stays the same while one request is argued over. */
interface Dispute {
  answerer: Answerer
  next: Send
  request: HttpRequest
  options: AuthorizeOptions
}

/** A refusal, held in memory, and what was sent to get it. */
interface Refusal {
  response: HttpResponse
  challenges: Challenge[]
  sent: string | undefined
}

async function settle(dispute: Dispute, refusal: Refusal): Promise<HttpResponse> {
  const { answerer, request, options } = dispute
  const found = await answerer.identify(request)
  let outcome: HttpResponse | RegctlError
  try {
    outcome = await argue(dispute, refusal, found?.credential)
  } catch (error) {
    if (!isRefusedCredential(error)) throw error
    outcome = error
  }
  const refused = outcome instanceof RegctlError || outcome.status === 401
  if (found && refused && isRead(request)) {
    const open = await readAnonymously(dispute, refusal)
    if (open) {
      answerer.setAside()
      if (!(outcome instanceof RegctlError)) await discard(outcome)
      const message = `The credentials for ${options.registry} from ${found.source} were refused; reading on without them`
      options.notify?.({ code: 'ANONYMOUS_RETRY', message })
      return open
    }
  }
  if (outcome instanceof RegctlError) throw found ? withSource(outcome, found) : outcome
  return found && outcome.status === 401 ? { ...outcome, refused: loginOf(found) } : outcome
}

function loginOf({ credential, source }: FoundCredential): RefusedLogin {
  return { username: credential.kind === 'password' ? credential.username : undefined, source }
}

/** Of several places a login may come from, the one that has the wrong one is what a person needs to know. */
function withSource(error: RegctlError, { source }: FoundCredential): RegctlError {
  return reworded(error, `${error.message}; they are from ${source}`)
}

/** Two rounds at most: the second is for a wider scope (item 78), or for Basic where a new token did not do (Harbor's catalog). */
async function argue(dispute: Dispute, refusal: Refusal, credential: Credential | undefined): Promise<HttpResponse> {
  const { answerer, next, request } = dispute
  let { response, challenges, sent } = refusal
  let before: Challenge[] = []
  for (let round = 0; round < 2; round++) {
    const header = await answerer.answer({ request, challenges, sent, credential, before, nearby: isNearby(response) })
    if (header === undefined) return response
    response = await next(withAuthorization(request, header))
    if (!wantsAuthorization(response, request)) return response
    response = await hold(response)
    before = challenges
    challenges = parseChallenges(response.headers['www-authenticate'])
    sent = header
  }
  return response
}

/** `undefined` when nothing can be read without credentials, or that was tried already. */
async function readAnonymously(dispute: Dispute, refusal: Refusal): Promise<HttpResponse | undefined> {
  const { next, request } = dispute
  try {
    const response = await argue(dispute, refusal, undefined)
    if (response !== refusal.response) return await unlessRefused(response)
    return refusal.sent?.startsWith('Basic ') ? await unlessRefused(await next(request)) : undefined
  } catch (error) {
    if (isRefusedCredential(error)) return undefined
    throw error
  }
}

async function unlessRefused(response: HttpResponse): Promise<HttpResponse | undefined> {
  if (response.status !== 401 && response.status !== 403) return response
  await discard(response)
  return undefined
}

function isRefusedCredential(error: unknown): error is RegctlError {
  return error instanceof RegctlError && (error.code === 'UNAUTHORIZED' || error.code === 'DENIED')
}

/** A 401 that this registry itself gave, or its 403 that asks for a wider scope; never one from where a redirect led (PROTOCOL 2.2k). */
function wantsAuthorization({ status, url, headers }: HttpResponse, request: HttpRequest): boolean {
  if (!sameOrigin(url, request.url)) return false
  return status === 401 || (status === 403 && /\binsufficient_scope\b/.test(headers['www-authenticate'] ?? ''))
}

/** GCR answers real requests without a challenge; its `/v2/` has one (PROTOCOL 2.1). */
async function challengesOf(
  { headers }: HttpResponse,
  { next, request, baseUrl }: { next: Send; request: HttpRequest; baseUrl: string },
): Promise<Challenge[]> {
  const header = headers['www-authenticate']
  if (header !== undefined) return parseChallenges(header)
  const ping = await next({ method: 'GET', url: new URL('/v2/', baseUrl).href, signal: request.signal })
  await discard(ping)
  return sameOrigin(ping.url, baseUrl) ? parseChallenges(ping.headers['www-authenticate']) : []
}

const maxHeld = 64 * 1024

/** Keeps a short body in memory, so that its connection is free while a token is fetched and the response can still be returned. */
async function hold(response: HttpResponse): Promise<HttpResponse> {
  return { ...response, body: await openBytes(await readStartBytes(response, maxHeld))() }
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } }
}
