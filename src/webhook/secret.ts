import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Nexus's, hexadecimal HMAC-SHA1 of the body (3.4). */
const signatureHeader = 'x-nexus-webhook-signature'

/** What a request shows besides its body. */
export interface Shown {
  headers: IncomingHttpHeaders
  /** What follows the path that notices are sent to, decoded: Docker Hub has nothing but the address to put a secret in. */
  pathToken: string | undefined
  /** `?token=` of the address. */
  queryToken: string | undefined
}

/** Whether a signature is to be checked, for which the body is read first. */
export function isSigned({ headers }: Shown): boolean {
  return headers[signatureHeader] !== undefined
}

/**
 * Whether a request knows the secret: in `Authorization`, verbatim as Harbor sends it or after `Bearer`, or in its address. All are compared, in
 * constant time (T24).
 */
export function knowsSecret({ headers, pathToken, queryToken }: Shown, secret: string): boolean {
  const { authorization } = headers
  const offers = [authorization, authorization?.replace(/^Bearer +/i, ''), pathToken, queryToken]
  return offers.map(offer => offer !== undefined && isSame(offer, secret)).includes(true)
}

/** Whether Nexus's signature is right: over the bytes as they came, or over the same JSON without white space. */
export function isSignatureRight({ headers }: Shown, body: Uint8Array, secret: string): boolean {
  const shown = String(headers[signatureHeader]).toLowerCase()
  const forms = [body, ...compact(body)]
  return forms.map(form => isSame(shown, createHmac('sha1', secret).update(form).digest('hex'))).includes(true)
}

/** Hashed first, as `timingSafeEqual` wants equal lengths, and a length is a hint too. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map(text => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

function compact(body: Uint8Array): string[] {
  try {
    return [JSON.stringify(JSON.parse(Buffer.from(body).toString('utf8')))]
  } catch {
    return []
  }
}
