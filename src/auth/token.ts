import type { Credential } from '../credentials/credentials.ts'
import { sameOrigin } from '../http/addresses.ts'
import { discard, readAll } from '../http/body.ts'
import type { HttpRequest, HttpResponse, Send } from '../http/http.ts'
import { resolveLocation } from '../http/location.ts'
import { openBytes } from '../model/content.ts'
import { RegctlError } from '../model/errors.ts'
import { basicHeader, secretsOf } from './credential.ts'
import { serverText } from './server-text.ts'
import { parseTokenAnswer, type Token } from './token-answer.ts'

export interface TokenRequest {
  /** Absolute and checked by `checkRealm`. */
  realm: string
  /** The registry's name for people, `host[:port]`. */
  registry: string
  service?: string | undefined
  scopes: readonly string[]
  /** Absent: anonymously. */
  credential?: Credential | undefined
  /** Ask for an identity token too; at login alone, many servers refuse it. */
  offline?: boolean | undefined
  /** The realm came from a stranger: its name must not lead to an internal address. */
  publicOnly?: boolean | undefined
  signal?: AbortSignal | undefined
  now?: (() => number) | undefined
}

/**
 * Gets an access token: GET with Basic or nothing, an OAuth2 POST for identity tokens and where GET is not served (PROTOCOL 2.3, 2.4).
 * @param send must not follow redirects: a secret stays at the origin it was meant for (T2, T6).
 * @throws RegctlError UNAUTHORIZED, DENIED, RATE_LIMITED, REFUSED (redirected elsewhere) or SERVER_FAILED.
 */
export async function fetchToken(send: Send, request: TokenRequest): Promise<Token> {
  const { credential } = request
  if (credential?.kind === 'identity') return answerOf(await post(send, request, refreshForm(credential)), request)
  const response = await get(send, request)
  if (credential?.kind !== 'password' || !notServed.has(response.status)) return answerOf(response, request)
  await discard(response)
  return answerOf(await post(send, request, passwordForm(credential)), request)
}

const client = 'regctl'
const maxAnswer = 1024 * 1024
const maxRedirects = 3
/** GET is not what this server speaks. */
const notServed: ReadonlySet<number> = new Set([404, 405])

type Form = Record<string, string>

function refreshForm({ token }: Extract<Credential, { kind: 'identity' }>): Form {
  return { grant_type: 'refresh_token', refresh_token: token }
}

function passwordForm({ username, password }: Extract<Credential, { kind: 'password' }>): Form {
  return { grant_type: 'password', username, password }
}

function get(send: Send, request: TokenRequest): Promise<HttpResponse> {
  const { realm, service, scopes, credential, offline } = request
  const query = new URLSearchParams()
  if (service !== undefined) query.append('service', service)
  for (const scope of scopes) query.append('scope', scope)
  query.append('client_id', client)
  if (offline) query.append('offline_token', 'true')
  if (credential?.kind === 'password') query.append('account', credential.username)
  const authorization = basicHeader(credential)
  return sendWithinOrigin(send, request, {
    method: 'GET',
    // Appended as text: the realm may bring a query of its own, which stays as it is.
    url: `${realm}${realm.includes('?') ? '&' : '?'}${query}`,
    headers: { accept: 'application/json', ...(authorization && { authorization }) },
  })
}

function post(send: Send, request: TokenRequest, secret: Form): Promise<HttpResponse> {
  const { realm, service, scopes, offline } = request
  const form = new URLSearchParams({ ...secret, client_id: client, access_type: offline ? 'offline' : 'online' })
  if (service !== undefined) form.append('service', service)
  if (scopes.length > 0) form.append('scope', scopes.join(' '))
  const bytes = Buffer.from(form.toString())
  return sendWithinOrigin(send, request, {
    method: 'POST',
    url: realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: { size: bytes.length, open: openBytes(bytes) },
  })
}

/** A redirect is followed as long as it stays where the secret was meant to go; nothing else of it is touched (T2: a 302 to the metadata service). */
async function sendWithinOrigin(send: Send, request: TokenRequest, first: HttpRequest): Promise<HttpResponse> {
  const { realm, publicOnly, signal } = request
  let next: HttpRequest = { ...first, publicOnly, signal }
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await send(next)
    const target = sameOrigin(response.url, realm) ? redirectTarget(response) : response.url
    if (target === undefined) return response
    await discard(response)
    if (!sameOrigin(target, realm)) throw refused(request, `redirects to another address (${new URL(target).host})`)
    if (response.status < 307 && next.method !== 'GET') break
    next = { ...next, url: target }
  }
  throw refused(request, 'redirects in a way that leads nowhere')
}

function redirectTarget({ status, headers, url }: HttpResponse): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined
  return resolveLocation(headers.location, url)
}

async function answerOf(response: HttpResponse, request: TokenRequest): Promise<Token> {
  const text = (await readAll(response, maxAnswer)).toString()
  if (response.status !== 200) throw failure(response.status, text, request)
  try {
    return parseTokenAnswer(text, (request.now ?? Date.now)())
  } catch (cause) {
    // The cause tells why without showing the answer, which may hold a token.
    const why = cause instanceof Error ? cause.message : 'it makes no sense'
    throw new RegctlError('SERVER_FAILED', `${whereOf(request)} sent an answer that cannot be used: ${why}`)
  }
}

function failure(status: number, body: string, request: TokenRequest): RegctlError {
  const { credential, registry } = request
  const said = serverText(body, secretsOf(credential))
  const details = `(${status}${said && `: ${said}`})`
  const where = whereOf(request)
  const login = { hint: `run 'regctl login ${registry}'` }
  // OAuth2 says "your refresh token is no good" with 400 (RFC 6749 section 5.2).
  const badGrant = status === 400 && /"invalid_(?:grant|client)"/.test(body)
  if (status === 401 || badGrant) {
    const what = credential ? 'did not accept the credentials' : 'gives no token without logging in'
    return new RegctlError('UNAUTHORIZED', `${where} ${what} ${details}`, login)
  }
  if (status === 403) return new RegctlError('DENIED', `${where} denies ${what(request)} ${details}`, login)
  if (status === 429) {
    return new RegctlError('RATE_LIMITED', `${where} wants fewer requests ${details}`, {
      hint: credential ? 'wait and try again' : `wait, or ${login.hint}: accounts have higher limits`,
    })
  }
  return new RegctlError('SERVER_FAILED', `${where} gave no token ${details}`)
}

function refused(request: TokenRequest, what: string): RegctlError {
  return new RegctlError('REFUSED', `${whereOf(request)} ${what}, which no token request follows`)
}

function whereOf({ realm, registry }: TokenRequest): string {
  const { host } = new URL(realm)
  return host === registry ? `the token server of ${registry}` : `${host}, the token server of ${registry},`
}

function what({ scopes }: TokenRequest): string {
  return scopes.length === 0 ? 'a token' : `a token for ${scopes.join(' ')}`
}
