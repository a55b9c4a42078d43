import { starOut } from '../credentials/sanitize.ts'
import { redactText } from '../http/redact.ts'
import { isObject } from '../model/descriptor.ts'

const maxShown = 300

/**
 * What a server's error body says, fit for a sentence of ours: one line, no control or bidirectional characters (T14), none of
 * `secrets` in any form, nothing that looks like a token (T15). Empty when it says nothing for people.
 */
export function serverText(body: string, secrets: readonly string[] = []): string {
  const text = redactText(starOut(messageOf(body), secrets)).replace(/[A-Za-z0-9+/_=.-]{48,}/g, '***')
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length > maxShown ? `${line.slice(0, maxShown)}…` : line
}

/** Registries and token servers agree on no form (item 74): `errors[]`, `details`, `message`, `detail`, OAuth2's, plain text, HTML. */
function messageOf(body: string): string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return /^\s*</.test(body) ? '' : body.slice(0, 4096)
  }
  if (!isObject(value)) return typeof value === 'string' ? value : ''
  const first: unknown = Array.isArray(value.errors) ? value.errors[0] : value
  if (!isObject(first)) return ''
  const { error_description: description, message, details, detail, error, code } = first
  return [description, message, details, detail, error, code].find(isText) ?? ''
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
