import type { Credential, CredentialSource, FoundCredential } from '../credentials/credentials.ts'
import { type HttpRequest, isRead, type Send } from '../http/http.ts'
import { RegctlError } from '../model/errors.ts'
import { bearerHeader, identityOf } from './credential.ts'
import { checkRealm, isStrangersRealm } from './realm.ts'
import { mergeScopes, parseScope, repositoryScope, scopesIn } from './scopes.ts'
import { fetchToken } from './token.ts'
import type { BearerScheme, TokenCache } from './token-cache.ts'

export interface BearerOptions {
  /** Normalised `host[:port]`, `docker.io` for Hub: the name credentials are kept under. */
  registry: string
  /** Where its API is: `https://registry-1.docker.io`. Credentials go to this origin alone. */
  baseUrl: string
  /** The repository that requests are about; credentials are looked up for it. */
  repository?: string | undefined
  credentials: CredentialSource
  /** Shared by everything one client does. */
  tokens: TokenCache
  /** For token requests: retry and wire, no redirects (see `fetchToken`). */
  tokenSend: Send
  /** Hosts that were pinned at login or configured. */
  trustedRealms?: readonly string[] | undefined
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined
}

export interface BearerRequest {
  scheme: BearerScheme
  request: HttpRequest
  /** As the challenge had it. */
  scope?: string | undefined
  credential: Credential | undefined
}

/** Looks credentials up once for each repository; a lookup that failed is made again. */
export type LookUp = (repository: string | undefined) => Promise<FoundCredential | undefined>

/**
 * A function that gets the Bearer header for a request, from the cache or the token server: for what the challenge and the request
 * name, and what was granted for that before.
 * @throws RegctlError of `checkRealm` and `fetchToken`.
 */
export function createBearer(options: BearerOptions, lookUp: LookUp): (asked: BearerRequest) => Promise<string> {
  const { registry, baseUrl, repository, tokens, tokenSend, trustedRealms: trusted = [], now = Date.now } = options
  const { origin } = new URL(baseUrl)
  /** Repositories, other than ours, that the token server gives nothing for. */
  const denied = new Set<string>()

  /** Only scopes on repositories of the same identity: those of other credentials are never mixed in (T19). */
  async function usable(scopes: readonly string[], credential: Credential | undefined): Promise<string[]> {
    const kept: string[] = []
    for (const scope of scopes) {
      const other = otherRepository(scope, repository)
      if (other === undefined) kept.push(scope)
      else if (!denied.has(other) && (await isSameIdentity(other, credential))) kept.push(scope)
    }
    return kept
  }

  async function isSameIdentity(other: string, credential: Credential | undefined): Promise<boolean> {
    return credential === undefined || identityOf((await lookUp(other))?.credential) === identityOf(credential)
  }

  function obtain({ scheme, request, credential }: BearerRequest, scopes: readonly string[]): Promise<string> {
    const { service, nearby } = scheme
    const registryUrl = request.url
    const realm = checkRealm({ realm: scheme.realm, registryUrl, hasSecret: credential !== undefined, trusted })
    const publicOnly = isStrangersRealm(realm, { registryUrl, trusted, nearby })
    return tokens.obtain(
      { owner: { origin, realm, service, identity: identityOf(credential) }, scopes, now: now() },
      (all, signal) =>
        fetchToken(tokenSend, { realm, registry, service, scopes: all, credential, publicOnly, signal, now }),
      request.signal,
    )
  }

  return async asked => {
    const { request, scope, credential } = asked
    const scopes = await usable(mergeScopes(scopesIn(scope), scopesOf(request, repository)), credential)
    try {
      return bearerHeader(await obtain(asked, scopes))
    } catch (error) {
      const others = scopes.flatMap(text => otherRepository(text, repository) ?? [])
      if (others.length === 0 || !isDenial(error)) throw error
      // Mount without the right to read the source: the caller goes on without mounting (PROTOCOL 2.6).
      for (const other of others) denied.add(other)
      return bearerHeader(await obtain(asked, await usable(scopes, credential)))
    }
  }
}

/** What the request says it needs, or else what its method needs (PROTOCOL 2.5). */
export function scopesOf({ scopes, method }: HttpRequest, repository: string | undefined): readonly string[] {
  if (scopes && scopes.length > 0) return scopes
  if (repository === undefined) return []
  if (method === 'DELETE') return [repositoryScope(repository, '*')]
  return [isRead({ method }) ? repositoryScope(repository, 'pull') : repositoryScope(repository, 'pull', 'push')]
}

function otherRepository(text: string, ours: string | undefined): string | undefined {
  const scope = parseScope(text)
  return ours !== undefined && scope?.type === 'repository' && scope.name !== ours ? scope.name : undefined
}

function isDenial(error: unknown): boolean {
  return error instanceof RegctlError && ['UNAUTHORIZED', 'DENIED', 'SERVER_FAILED'].includes(error.code)
}
