import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { basicOf, partsOf, reply } from './answers.ts'

export interface TokenOptions {
  realm: string
  service: string
  /** Name to password. */
  users: Readonly<Record<string, string>>
  /** Whether anybody (`''`) may do this in a repository. */
  allows: (user: string, repository: string, action: string) => boolean
  /** Lifetime in seconds. */
  lifetime?: number
}

/** A token server, and the registry's side that knows its tokens. */
export interface Tokens {
  /** Answers at the realm's path. */
  listener: RequestListener
  challenge(scope: string): string
  /** What a request's Bearer is for: `undefined` without one that was given out here. */
  grantOf(req: IncomingMessage): { user: string; scopes: string[] } | undefined
}

/** The scope that a request of the protocol needs: `repository:NAME:pull`. */
export function scopeNeeded(req: IncomingMessage): { name: string; action: string } | undefined {
  const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(partsOf(req).path)?.[1]
  if (name === undefined) return undefined
  const { method = 'GET' } = req
  return { name, action: method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push' }
}

export function createTokens({ realm, service, users, allows, lifetime = 300 }: TokenOptions): Tokens {
  const given = new Map<string, { user: string; scopes: string[] }>()
  return {
    challenge: scope => `Bearer realm="${realm}",service="${service}"${scope && `,scope="${scope}"`}`,
    grantOf: ({ headers }) => given.get((headers.authorization ?? '').replace(/^Bearer /, '')),
    listener(req, res) {
      const login = basicOf(req)
      if (login && users[login.user] !== login.password) {
        return reply(res, 401, { details: 'incorrect username or password' })
      }
      const user = login?.user ?? ''
      const scopes = partsOf(req)
        .query.getAll('scope')
        .flatMap(scope => scope.split(' '))
        .flatMap(scope => {
          const [, name = '', actions = ''] = /^repository:(.+):([^:]+)$/.exec(scope) ?? []
          const all = actions.split(',').flatMap(action => (action === '*' ? ['pull', 'push', 'delete'] : [action]))
          return all.filter(action => allows(user, name, action)).map(action => `${name}:${action}`)
        })
      const token = `token-${randomUUID()}`
      given.set(token, { user, scopes })
      reply(res, 200, { token, access_token: token, expires_in: lifetime, issued_at: new Date().toISOString() })
    },
  }
}
