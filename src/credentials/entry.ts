import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { Credential } from './credentials.ts'

/** A JSON object. Keys from strangers are looked up with `Object.keys`, never by index, so that `constructor` finds nothing (T26). */
export type JsonObject = Readonly<Record<string, unknown>>

/** A property that is an object, else an empty one. */
export function section(parent: JsonObject, name: string): JsonObject {
  const value = parent[name]
  return isObject(value) ? value : {}
}

/**
 * Reads one entry of `auths` in docker's order: registrytoken, identitytoken, auth, username with password; `undefined` when it holds no secret.
 * `where` names the entry in the error.
 * @throws RegctlError CONFIG_INVALID when `auth` is not the base64 of `username:password`.
 */
export function readEntry(entry: unknown, where: string): Credential | undefined {
  if (!isObject(entry)) return undefined
  const text = (name: string) => {
    const value = entry[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const registryToken = text('registrytoken')
  if (registryToken !== undefined) return { kind: 'registry', token: registryToken }
  const identityToken = text('identitytoken')
  if (identityToken !== undefined) return { kind: 'identity', token: identityToken }
  const auth = text('auth')
  if (auth !== undefined) return decodeAuth(auth, where)
  const [username, password] = [text('username'), text('password')]
  return username !== undefined && password !== undefined ? { kind: 'password', username, password } : undefined
}

/** What docker would write for this credential. */
export function writeEntry(credential: Credential): Record<string, string> {
  if (credential.kind === 'registry') return { registrytoken: credential.token }
  if (credential.kind === 'identity') return { identitytoken: credential.token }
  const { username, password } = credential
  if (username.includes(':'))
    throw new RegctlError('USAGE', 'a user name with a colon cannot be stored in a docker config', {
      hint: 'use --store keychain',
    })
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') }
}

/** Strict, because Node's decoder drops what it does not know and would turn a damaged entry into another password. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function decodeAuth(auth: string, where: string): Credential | undefined {
  const decoded = base64.test(auth) ? Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '') : ''
  const colon = decoded.indexOf(':')
  if (colon < 0)
    throw new RegctlError('CONFIG_INVALID', `the auth of ${where} is not the base64 of username:password`, {
      hint: 'log in again',
    })
  const [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)]
  return username === '' && password === '' ? undefined : { kind: 'password', username, password }
}
