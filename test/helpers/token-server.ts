import { randomUUID, sign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeCa } from './certs.ts'

/** What a user may do: repository name (or `*`) to actions; the user `''` is everybody without a password. */
export type Grants = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

export interface TokenServerOptions {
  /** User to password. */
  users?: Readonly<Record<string, string>>
  grants?: Grants
  /** Seconds; default 300. */
  lifetime?: number
}

export interface RecordedTokenRequest {
  method: string
  /** Path and query. */
  url: string
  authorization: string | undefined
  /** Of the query, and of the form of a POST. */
  parameters: URLSearchParams
  /** Each scope for itself, however it was sent. */
  scopes: string[]
}

export interface TokenServer {
  /** `http://127.0.0.1:PORT` */
  url: string
  realm: string
  service: string
  issuer: string
  /** What `rootcertbundle` of docker-registry takes, PEM. */
  certificate: string
  requests: RecordedTokenRequest[]
  close(): Promise<void>
}

/**
 * distribution's token protocol on loopback: GET with Basic, OAuth2 POST, refresh tokens (for `offline_token` and `access_type=offline`),
 * a subset of the scopes granted without an error, and JWTs that a real docker-registry accepts.
 */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const identity = await makeIdentity()
  const requests: RecordedTokenRequest[] = []
  const refreshTokens = new Map<string, string>()
  const server = createServer(async (incoming, outgoing) => {
    const request = await record(incoming)
    requests.push(request)
    const user = userOf(request, options.users ?? {}, refreshTokens)
    if (user === undefined) return reply(outgoing, 401, { details: 'incorrect username or password' })
    const wantsRefresh = isOffline(request.parameters) && user !== ''
    const refresh = wantsRefresh ? `refresh-${randomUUID()}` : undefined
    if (refresh) refreshTokens.set(refresh, user)
    const access = request.scopes.flatMap(scope => granted(scope, user, options.grants ?? {}))
    const lifetime = options.lifetime ?? 300
    const token = identity.sign({ user, access, lifetime, audience: request.parameters.get('service') ?? service })
    const issued = new Date().toISOString()
    reply(outgoing, 200, {
      token,
      access_token: token,
      expires_in: lifetime,
      issued_at: issued,
      refresh_token: refresh,
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const realm = `${url}/token`
  return {
    url,
    realm,
    service,
    issuer,
    certificate: identity.certificate,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const service = 'registry.test'
const issuer = 'regctl tests'

async function record(incoming: IncomingMessage): Promise<RecordedTokenRequest> {
  let body = ''
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk
  const url = incoming.url ?? '/'
  const parameters = new URLSearchParams(incoming.method === 'POST' ? body : new URL(url, 'http://localhost').search)
  const scopes = parameters.getAll('scope').flatMap(scope => scope.split(' '))
  return { method: incoming.method ?? '', url, authorization: incoming.headers.authorization, parameters, scopes }
}

function reply(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** `''` for nobody in particular, `undefined` for a wrong password or refresh token. */
function userOf(
  { method, authorization, parameters }: RecordedTokenRequest,
  users: Readonly<Record<string, string>>,
  refreshTokens: ReadonlyMap<string, string>,
): string | undefined {
  const check = (user: string, password: string) => (users[user] === password ? user : undefined)
  if (method === 'POST') {
    if (parameters.get('grant_type') === 'refresh_token')
      return refreshTokens.get(parameters.get('refresh_token') ?? '')
    return check(parameters.get('username') ?? '', parameters.get('password') ?? '')
  }
  if (authorization === undefined) return ''
  const [user = '', ...password] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
  return check(user, password.join(':'))
}

function isOffline(parameters: URLSearchParams): boolean {
  return parameters.get('offline_token') === 'true' || parameters.get('access_type') === 'offline'
}

interface Access {
  type: string
  name: string
  actions: string[]
}

function granted(scope: string, user: string, grants: Grants): Access[] {
  const [type = '', ...rest] = scope.split(':')
  const actions = (rest.pop() ?? '').split(',')
  const name = rest.join(':')
  const allowed = grants[user]?.[name] ?? grants[user]?.['*'] ?? []
  const given = actions.filter(action => allowed.includes(action))
  return given.length > 0 ? [{ type, name, actions: given }] : []
}

interface Claims {
  user: string
  access: Access[]
  lifetime: number
  audience: string
}

/** A signing key, the authority that vouches for it, and JWTs that carry its certificate along. */
async function makeIdentity(): Promise<{ certificate: string; sign(claims: Claims): string }> {
  const authority = await makeCa(issuer)
  const { cert, key } = await authority.issue({ hosts: ['token.test'] })
  const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(cert).raw.toString('base64')] }
  return {
    certificate: authority.cert,
    sign({ user, access, lifetime, audience }) {
      const now = Math.floor(Date.now() / 1000)
      const times = { iat: now, nbf: now - 10, exp: now + lifetime }
      const claims = { iss: issuer, sub: user, aud: audience, jti: randomUUID(), ...times, access }
      const text = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
      return `${text}.${signature.toString('base64url')}`
    },
  }
}
