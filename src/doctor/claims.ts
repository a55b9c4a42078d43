import { isObject } from '../model/descriptor.ts'
import { rfc3339 } from '../model/time.ts'

/** What a token says of itself where it can be read. Nobody verifies it here: the registry does. */
export interface Claims {
  /** As scopes: `repository:a/b:pull`. */
  granted?: string[]
  /** RFC 3339. */
  expires?: string
  subject?: string
}

const mostScopes = 20
const longest = 300

/** Reads a JWT (RFC 7519) with the access list of distribution's tokens; `undefined` for a token that is opaque. */
export function readClaims(token: string): Claims | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  let payload: unknown
  try {
    payload = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!isObject(payload)) return undefined
  const { access, exp, sub } = payload
  const claims: Claims = {}
  if (Array.isArray(access)) claims.granted = access.slice(0, mostScopes).filter(isObject).map(scopeOf)
  if (typeof exp === 'number' && Number.isFinite(exp)) claims.expires = timeOf(exp)
  if (typeof sub === 'string' && sub !== '') claims.subject = sub.slice(0, longest)
  return claims
}

function scopeOf({ type, name, actions }: Record<string, unknown>): string {
  const listed = Array.isArray(actions) ? actions.filter(action => typeof action === 'string') : []
  return `${type}:${name}:${listed.join(',')}`.slice(0, longest)
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? 'never' : rfc3339(date)
}
