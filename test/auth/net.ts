import { Readable } from 'node:stream'
import type { Credential, CredentialSource } from '../../src/credentials/credentials.ts'
import type { HttpRequest, Send } from '../../src/http/http.ts'
import type { WireResponse } from '../../src/http/redirect.ts'

export interface FakeAnswer {
  status?: number
  headers?: Record<string, string>
  text?: string
  /** Where it came from, when redirects were followed underneath. */
  url?: string
  remoteAddress?: string
}

/** A request as it arrived, its body read. */
export interface Arrived extends HttpRequest {
  text: string
  authorization: string | undefined
  query: URLSearchParams
}

export type Host = (request: Arrived) => FakeAnswer | Promise<FakeAnswer>

export interface Net {
  send: Send
  arrived: Arrived[]
  /** What came to one origin. */
  at(origin: string): Arrived[]
}

/** A network of a few origins in memory, that remembers every request; an unknown origin is a failure of the test. */
export function createNet(hosts: Readonly<Record<string, Host>>): Net {
  const arrived: Arrived[] = []
  const send = async (request: HttpRequest): Promise<WireResponse> => {
    request.signal?.throwIfAborted()
    const { origin, searchParams } = new URL(request.url)
    const text = request.body ? Buffer.concat(await (await request.body.open()).toArray()).toString() : ''
    const seen = { ...request, text, authorization: request.headers?.authorization, query: searchParams }
    arrived.push(seen)
    const host = hosts[origin]
    if (!host) throw new Error(`nobody may connect to ${origin}`)
    const answer = await host(seen)
    const body = Readable.from(answer.text ? [Buffer.from(answer.text)] : [])
    const { status = 200, headers = {}, url = request.url, remoteAddress } = answer
    return { status, headers, url, body, remoteAddress }
  }
  return { send, arrived, at: origin => arrived.filter(({ url }) => new URL(url).origin === origin) }
}

export const unauthorized = (challenge: string, text = ''): FakeAnswer => ({
  status: 401,
  headers: { 'www-authenticate': challenge },
  text,
})

/** Gives out `USER|SCOPE SCOPE|SERIAL`; `''` is anybody. `grants`: which scopes a user gets, all when absent. */
export function tokenHost(
  users: Readonly<Record<string, string>>,
  grants: (user: string, scope: string) => boolean = () => true,
): Host {
  let serial = 0
  return ({ authorization, query }) => {
    const pair = authorization && Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
    const [user = '', password] = pair?.split(':') ?? []
    if (pair && users[user] !== password) return { status: 401, text: '{"details":"incorrect username or password"}' }
    const scopes = query.getAll('scope').filter(scope => grants(user, scope))
    return { text: JSON.stringify({ token: [user, scopes.join('~'), ++serial].join('|'), expires_in: 300 }) }
  }
}

export function credentialsOf(
  credential: Credential | undefined,
): CredentialSource & { asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = []
  return {
    asked,
    async get(_registry, repository) {
      asked.push(repository)
      return credential && { credential, source: 'a test' }
    },
  }
}

export const alice: Credential = { kind: 'password', username: 'alice', password: 'hunter2' }
export const basicOf = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
