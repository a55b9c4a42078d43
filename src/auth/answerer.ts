import type { Credential, FoundCredential } from '../credentials/credentials.ts'
import { type HttpRequest, isRead } from '../http/http.ts'
import { RegctlError } from '../model/errors.ts'
import { type BearerOptions, createBearer, type LookUp, scopesOf } from './bearer.ts'
import type { Challenge } from './challenge.ts'
import { basicHeader, bearerHeader } from './credential.ts'
import { coversScopes, mergeScopes, scopesIn } from './scopes.ts'
import type { BearerScheme } from './token-cache.ts'

export interface Question {
  request: HttpRequest
  challenges: readonly Challenge[]
  /** Who challenges is at an internal address. */
  nearby: boolean
  /** The Authorization that was refused. */
  sent: string | undefined
  credential: Credential | undefined
  /** The challenges that a new token answered already, in vain. */
  before: readonly Challenge[]
}

/** Turns challenges into `Authorization` for one registry and repository. */
export interface Answerer {
  /** Whose credentials the request would be made with. */
  identify(request: HttpRequest): Promise<FoundCredential | undefined>
  /** What will be asked for, going by what this registry asked before; `undefined` when that is not known or not to be had. */
  guess(request: HttpRequest): Promise<string | undefined>
  /** `undefined`: there is nothing new to say. @throws RegctlError of `checkRealm` and `fetchToken`. */
  answer(question: Question): Promise<string | undefined>
  /** From here on reads are anonymous. */
  setAside(): void
}

export function createAnswerer(options: BearerOptions): Answerer {
  const { repository, tokens } = options
  const { origin } = new URL(options.baseUrl)
  const lookUp = lookUpOnce(options)
  const bearer = createBearer(options, lookUp)
  let isSetAside = false

  async function identify(request: HttpRequest): Promise<FoundCredential | undefined> {
    return isSetAside && isRead(request) ? undefined : lookUp(repository)
  }

  async function guess(request: HttpRequest): Promise<string | undefined> {
    const scheme = tokens.schemeFor(origin, repository)
    if (!scheme) return undefined
    const credential = (await identify(request))?.credential
    if (credential?.kind === 'registry') return bearerHeader(credential.token)
    if (scheme.kind === 'basic') return basicHeader(credential)
    if (scopesOf(request, repository).length === 0) return undefined
    try {
      return await bearer({ scheme, request, credential })
    } catch (error) {
      // The registry's own challenge decides: what is known may be about another repository (Nexus, PROTOCOL 2.1).
      if (error instanceof RegctlError && refusals.has(error.code)) return undefined
      throw error
    }
  }

  async function answer(question: Question): Promise<string | undefined> {
    const { request, challenges, sent, credential, before } = question
    const challenge = challenges.find(isBearer)
    const scheme = challenge ? schemeOf(challenge, question) : rememberedFor(question)
    if (credential?.kind === 'registry') {
      tokens.learn(origin, repository, scheme ?? { kind: 'basic' })
      return unlessSent(bearerHeader(credential.token), sent)
    }
    const basic = challenges.some(({ scheme }) => scheme === 'basic') ? basicHeader(credential) : undefined
    if (challenge && !scheme && !basic) {
      throw new RegctlError('SERVER_FAILED', `${options.registry} asks for a token but names no token server`)
    }
    if (scheme && (before.length === 0 || wantsMore(challenge, question))) {
      if (sent?.startsWith('Bearer ')) tokens.drop(sent.slice('Bearer '.length))
      try {
        const header = await bearer({ scheme, request, credential, scope: challenge?.parameters.get('scope') })
        tokens.learn(origin, repository, scheme)
        return unlessSent(header, sent)
      } catch (error) {
        if (!basic || !(error instanceof RegctlError && error.code === 'REFUSED')) throw error
      }
    }
    if (basic) tokens.learn(origin, repository, { kind: 'basic' })
    return unlessSent(basic, sent)
  }

  /** Harbor answers a Bearer that it does not take with Basic alone: the token ended, the registry did not change (PROTOCOL 2.2i). */
  function rememberedFor({ sent }: Question): BearerScheme | undefined {
    const scheme = sent?.startsWith('Bearer ') ? tokens.schemeFor(origin, repository) : undefined
    return scheme?.kind === 'bearer' ? scheme : undefined
  }

  function setAside(): void {
    isSetAside = true
  }

  return { identify, guess, answer, setAside }
}

const refusals: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'DENIED', 'REFUSED', 'SERVER_FAILED'])

function isBearer({ scheme }: Challenge): boolean {
  return scheme === 'bearer'
}

/** Whether a wider scope is asked for than the new token was for: otherwise another one is as good as the last. */
function wantsMore(challenge: Challenge | undefined, { before, request }: Question): boolean {
  const scopes = scopesIn(challenge?.parameters.get('scope'))
  const asked = scopesIn(before.find(isBearer)?.parameters.get('scope'))
  return !coversScopes(mergeScopes(asked, request.scopes ?? []), scopes)
}

function schemeOf({ parameters }: Challenge, { nearby }: Question): BearerScheme | undefined {
  const realm = parameters.get('realm')
  return realm ? { kind: 'bearer', realm, service: parameters.get('service'), nearby } : undefined
}

function unlessSent(header: string | undefined, sent: string | undefined): string | undefined {
  return header === sent ? undefined : header
}

function lookUpOnce({ credentials, registry }: BearerOptions): LookUp {
  const lookups = new Map<string | undefined, Promise<FoundCredential | undefined>>()
  return repository => {
    const known = lookups.get(repository)
    if (known) return known
    const lookup = credentials.get(registry, repository)
    lookups.set(repository, lookup)
    lookup.catch(() => lookups.delete(repository))
    return lookup
  }
}
