import { type Flight, startFlight } from './flight.ts'
import { coversScopes, mergeScopes, scopesAbout } from './scopes.ts'
import type { Token } from './token-answer.ts'

/** How an origin, or one repository there, wants to be asked. */
export type Scheme = BasicScheme | BearerScheme

export interface BasicScheme {
  kind: 'basic'
}

export interface BearerScheme {
  kind: 'bearer'
  /** As the challenge had it. */
  realm: string
  service: string | undefined
  /** The registry that named it is at an internal address. */
  nearby: boolean
}

/** What makes two tokens the same kind of token, beside their scopes (PROTOCOL 2.1). */
export interface TokenOwner {
  origin: string
  /** Absolute. */
  realm: string
  service: string | undefined
  /** From `identityOf`: never the credential itself (T19). */
  identity: string
}

export interface TokenQuery {
  owner: TokenOwner
  scopes: readonly string[]
  /** Milliseconds since 1970. */
  now: number
}

/** What one client has learned about its registries; in memory, for as long as the client lives. */
export interface TokenCache {
  /** What was learned about this repository, else about its origin. */
  schemeFor(origin: string, repository: string | undefined): Scheme | undefined
  /** Basic never replaces Bearer: Harbor answers every wrong Bearer with Basic (PROTOCOL 2.2i). */
  learn(origin: string, repository: string | undefined, scheme: Scheme): void
  /**
   * A token that is good for the scopes: one that is there, one on its way, or else a new one from `fetch`, which is asked for these
   * scopes and all that was granted before for the same resources. A failed fetch leaves nothing behind.
   */
  obtain(query: TokenQuery, fetch: FetchToken, signal?: AbortSignal): Promise<string>
  /** Forgets a token that the registry no longer takes, and only that one. */
  drop(token: string): void
}

export type FetchToken = (scopes: readonly string[], signal: AbortSignal) => Promise<Token>

export function createTokenCache(): TokenCache {
  const schemes = new Map<string, Scheme>()
  const shelves = new Map<string, Entry[]>()

  return {
    schemeFor(origin, repository) {
      return schemes.get(placeKey(origin, repository)) ?? schemes.get(placeKey(origin))
    },
    learn(origin, repository, scheme) {
      for (const key of [placeKey(origin, repository), placeKey(origin)]) {
        if (scheme.kind === 'bearer' || schemes.get(key)?.kind !== 'bearer') schemes.set(key, scheme)
      }
    },
    async obtain({ owner, scopes, now }, fetch, signal) {
      const key = JSON.stringify([owner.origin, owner.realm, owner.service, owner.identity])
      const shelf = shelves.get(key) ?? []
      shelves.set(key, shelf)
      const usable = shelf.find(entry => isUsable(entry, now) && coversScopes(entry.scopes, scopes))
      const entry = usable ?? depart(shelf, scopes, fetch)
      return (await entry.flight.join(signal)).value
    },
    drop(value) {
      for (const entry of [...shelves.values()].flat()) {
        if (entry.token?.value === value) entry.token = { value: '', expiresAt: 0 }
      }
    },
  }
}

/** An ended token stays on its shelf for its scopes, until one with wider scopes takes its place. */
interface Entry {
  scopes: readonly string[]
  flight: Flight<Token>
  token?: Token
}

function depart(shelf: Entry[], needed: readonly string[], fetch: FetchToken): Entry {
  const granted = shelf.filter(({ token }) => token).flatMap(entry => entry.scopes)
  const scopes = mergeScopes(needed, scopesAbout(needed, granted))
  const flight = startFlight(signal => fetch(scopes, signal))
  const entry: Entry = { scopes, flight }
  const forget = () => shelf.splice(shelf.indexOf(entry), 1)
  flight.result.then(token => {
    entry.token = token
    const narrower = shelf.filter(other => other !== entry && other.token && coversScopes(scopes, other.scopes))
    for (const other of narrower) shelf.splice(shelf.indexOf(other), 1)
  }, forget)
  shelf.push(entry)
  return entry
}

function isUsable({ flight, token }: Entry, now: number): boolean {
  return token ? token.expiresAt > now : !flight.abandoned
}

function placeKey(origin: string, repository?: string): string {
  return repository === undefined ? origin : `${origin} ${repository}`
}
