import type { Credential } from '../credentials/credentials.ts'
import { sameOrigin } from '../http/addresses.ts'
import { discard, readStart } from '../http/body.ts'
import type { HttpResponse, Send } from '../http/http.ts'
import { isNearby } from '../http/neighbours.ts'
import { httpsWanted, isWebPage, noRegistry, wantsHttps } from '../http/wrong-server.ts'
import { RegctlError } from '../model/errors.ts'
import { parseChallenges } from './challenge.ts'
import { basicHeader, bearerHeader, secretsOf } from './credential.ts'
import { checkRealm, isStrangersRealm } from './realm.ts'
import { scopesIn } from './scopes.ts'
import { serverText } from './server-text.ts'
import { fetchToken, type TokenRequest } from './token.ts'
import type { Token } from './token-answer.ts'

export interface LoginOptions {
  /** Normalised `host[:port]`, `docker.io` for Hub. */
  registry: string
  baseUrl: string
  credential: Credential
  /** To the registry; without `authorize`. */
  send: Send
  /** To the token server; without redirects (see `fetchToken`). */
  tokenSend: Send
  trustedRealms?: readonly string[] | undefined
  signal?: AbortSignal | undefined
}

export interface VerifiedLogin {
  /** The registry asked for nothing, so the credential was neither sent nor checked. */
  anonymous?: true
  /** The token server's `host[:port]` when it is not the registry's own host: to be pinned with the credential (T2). */
  realmHost?: string
  /** To be kept instead of the password. */
  identityToken?: string
}

/**
 * Shows the credential to the registry, and to the token server that it names, which is trusted on this first use.
 * @throws RegctlError UNAUTHORIZED for wrong credentials, REFUSED for a realm that must not be visited, TLS_FAILED where HTTPS is wanted,
 * NOT_FOUND when there is no registry.
 */
export async function verifyLogin(options: LoginOptions): Promise<VerifiedLogin> {
  const response = await ping(options)
  if (response.status === 200) {
    if (isWebPage(response, await readStart(response, maxBody))) throw webPage(response, options)
    return { anonymous: true }
  }
  if (response.status !== 401) throw await failure(response, options)
  const challenges = parseChallenges(response.headers['www-authenticate'])
  const { credential } = options
  if (credential.kind === 'registry') return show(bearerHeader(credential.token), response, options)
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
  if (bearer) return showToken(bearer.parameters, response, options)
  const basic = challenges.some(({ scheme }) => scheme === 'basic') ? basicHeader(credential) : undefined
  if (basic) return show(basic, response, options)
  await discard(response)
  throw new RegctlError('UNSUPPORTED', `${options.registry} offers no way to log in with this kind of credential`, {
    hint: 'log in with a user name and a password or access token',
  })
}

async function ping({ baseUrl, send, signal }: LoginOptions, authorization?: string): Promise<HttpResponse> {
  const url = new URL('/v2/', baseUrl).href
  const response = await send({ method: 'GET', url, headers: authorization ? { authorization } : {}, signal })
  if (sameOrigin(response.url, url)) return response
  await discard(response)
  // Whoever answered is not who the credential is for (T6).
  throw new RegctlError('REFUSED', `${new URL(url).host} leads to ${new URL(response.url).host}: log in there instead`)
}

async function show(authorization: string, challenged: HttpResponse, options: LoginOptions): Promise<VerifiedLogin> {
  await discard(challenged)
  const response = await ping(options, authorization)
  if (response.status !== 200) throw await failure(response, options)
  await discard(response)
  return {}
}

async function showToken(
  parameters: ReadonlyMap<string, string>,
  challenged: HttpResponse,
  options: LoginOptions,
): Promise<VerifiedLogin> {
  const { registry, credential, trustedRealms: trusted = [], signal } = options
  const registryUrl = challenged.url
  const realm = checkRealm({
    realm: parameters.get('realm') ?? '',
    registryUrl,
    hasSecret: true,
    trusted,
    trustOnFirstUse: true,
  })
  const token = await fetchLoginToken(options, {
    realm,
    registry,
    service: parameters.get('service'),
    scopes: scopesIn(parameters.get('scope')),
    credential,
    publicOnly: isStrangersRealm(realm, { registryUrl, trusted, nearby: isNearby(challenged) }),
    signal,
  })
  await show(bearerHeader(token.value), challenged, options)
  const { host, hostname } = new URL(realm)
  return {
    ...(hostname !== new URL(registryUrl).hostname && { realmHost: host }),
    ...(token.refreshToken !== undefined && { identityToken: token.refreshToken }),
  }
}

/** Asks for an identity token along with it; servers that know no such thing are asked again without. */
async function fetchLoginToken({ registry, tokenSend }: LoginOptions, request: TokenRequest): Promise<Token> {
  try {
    return await fetchToken(tokenSend, { ...request, offline: true })
  } catch (error) {
    if (!(error instanceof RegctlError)) throw error
    if (error.code === 'UNAUTHORIZED') throw wrongCredentials(error.message, registry)
    if (error.code !== 'SERVER_FAILED') throw error
    return fetchToken(tokenSend, request)
  }
}

const maxBody = 64 * 1024

async function failure(response: HttpResponse, options: LoginOptions): Promise<RegctlError> {
  const { registry, credential } = options
  const { status } = response
  const body = await readStart(response, maxBody)
  if (wantsHttps(response, body)) {
    const { message, hint } = httpsWanted(registry)
    return new RegctlError('TLS_FAILED', message, { hint })
  }
  const said = serverText(body, secretsOf(credential))
  const details = `(${status}${said && `: ${said}`})`
  if (status === 401) return wrongCredentials(`${registry} did not accept the credentials ${details}`, registry)
  if (status === 403) return new RegctlError('DENIED', `${registry} denies access to this account ${details}`)
  if (status === 429) {
    return new RegctlError('RATE_LIMITED', `${registry} wants fewer requests ${details}`, {
      hint: 'wait and try again',
    })
  }
  if (status >= 500) return new RegctlError('SERVER_FAILED', `${registry} failed to answer the login ${details}`)
  if (isWebPage(response, body)) return webPage(response, options)
  // A gateway in between may hide /v2/ and be a registry all the same; a 400 was understood and refused.
  const unseen = status === 400 ? '' : '; --no-verify stores the credentials unseen'
  return new RegctlError('NOT_FOUND', `${registry} does not answer as a registry does ${details}`, {
    hint: `${noRegistry(registry)}${unseen}`,
  })
}

function webPage({ status }: HttpResponse, { registry }: LoginOptions): RegctlError {
  return new RegctlError('NOT_FOUND', `${registry} answered the login with a web page (${status})`, {
    hint: noRegistry(registry),
  })
}

function wrongCredentials(message: string, registry: string): RegctlError {
  return new RegctlError('UNAUTHORIZED', message, {
    hint: `check the user name and password; ${registry} may want an access token instead of a password`,
  })
}
