import { isObject } from '../model/descriptor.ts'
import { checkTokenText } from './credential.ts'

/** An access token as a token server gave it. */
export interface Token {
  /** Opaque; sent as Bearer. */
  value: string
  /** Milliseconds since 1970, by the clock of this machine, a little early. */
  expiresAt: number
  /** An identity token, when one was asked for. */
  refreshToken?: string
}

/**
 * Reads a token server's answer (PROTOCOL 2.3, 2.4).
 * @param now milliseconds, when the answer arrived.
 * @throws Error with a reason that shows nothing of the answer.
 */
export function parseTokenAnswer(text: string, now: number): Token {
  const answer = parseObject(text)
  const [value, other] = [answer.token, answer.access_token].filter(token => token != null && token !== '')
  if (value === undefined) throw new Error('it holds no token')
  if (typeof value !== 'string') throw new Error('its token is not text')
  if (other !== undefined && other !== value) throw new Error('token and access_token differ')
  const token: Token = { value: checkTokenText(value), expiresAt: expiryOf(answer, now) }
  const { refresh_token: refresh } = answer
  if (typeof refresh === 'string' && refresh !== '') token.refreshToken = checkTokenText(refresh)
  return token
}

const minLifetime = 60
/** A token that ends on its way to the registry is worth nothing. */
const slack = 10

function expiryOf({ expires_in, issued_at }: Record<string, unknown>, now: number): number {
  const stated = Number(expires_in ?? minLifetime)
  const lifetime = Number.isFinite(stated) ? Math.max(stated, minLifetime) : minLifetime
  const issued = typeof issued_at === 'string' ? Date.parse(issued_at) : Number.NaN
  const expiresAt = (from: number) => from + (lifetime - slack) * 1000
  // Clocks differ: a token is never younger than its arrival, and one that seems to have ended before it came counts from its arrival.
  const start = Number.isFinite(issued) ? Math.min(issued, now) : now
  return expiresAt(start) > now ? expiresAt(start) : expiresAt(now)
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  if (!isObject(value)) throw new Error('it is not an object')
  return value
}
