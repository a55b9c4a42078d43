import { createHmac, randomBytes } from 'node:crypto'
import type { Credential } from '../credentials/credentials.ts'
import { RegctlError } from '../model/errors.ts'

/** The Basic header's value (RFC 7617, in UTF-8); `undefined` for a credential without a password. */
export function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.kind !== 'password') return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

/** The Bearer header's value. @throws RegctlError SERVER_FAILED for a token that is no header text, without showing it. */
export function bearerHeader(token: string): string {
  return `Bearer ${checkTokenText(token)}`
}

/** Returns the token. @throws RegctlError SERVER_FAILED when it holds control characters or blanks (header injection) or is over 16 KiB. */
export function checkTokenText(token: string): string {
  if (token.length > maxToken) throw new RegctlError('SERVER_FAILED', 'an access token is longer than 16 KiB')
  if (!/^[\x21-\x7e]+$/.test(token)) throw new RegctlError('SERVER_FAILED', 'an access token is not plain text')
  return token
}

/** A name for whom a token was made out to, that tells two identities apart and gives nothing away (T19, CVE-2026-103868). */
export function identityOf(credential: Credential | undefined): string {
  if (!credential) return 'anonymous'
  return createHmac('sha256', salt)
    .update(JSON.stringify(Object.entries(credential).sort()))
    .digest('hex')
}

/** Every form of a credential that must never be shown. */
export function secretsOf(credential: Credential | undefined): string[] {
  if (!credential) return []
  if (credential.kind !== 'password') return [credential.token]
  return [credential.password, `${credential.username}:${credential.password}`]
}

const maxToken = 16 * 1024
/** Of this process alone, so that an identity says nothing outside of it. */
const salt = randomBytes(32)
