import { isLinkLocal, isPrivateHost, sameOrigin } from '../http/addresses.ts'
import type { HttpRequest } from '../http/http.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'

/** `digest=` appended as text, never through URLSearchParams, which writes the whole query anew (PROTOCOL 5.2). */
export function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
}

/**
 * Whether an upload may go where the registry sends it (T3). Another origin gets the body and nothing else: credentials and cookies are bound to theirs.
 * @throws RegctlError REFUSED for a step down to plain HTTP, to a link-local address, or from a public registry to a private one
 */
export function checkLocation(location: string, baseUrl: string): Pick<HttpRequest, 'url' | 'publicOnly'> {
  if (sameOrigin(location, baseUrl)) return { url: location }
  const [to, from] = [new URL(location), new URL(baseUrl)]
  const refuse = (why: string) => new RegctlError('REFUSED', `${from.host} sends the upload to ${to.origin}, ${why}`)
  if (to.protocol !== 'https:' && from.protocol === 'https:') throw refuse('which is not encrypted')
  if (to.username || to.password) throw refuse('with a login in the address')
  // The host was named by a person, and may well be inside a company; only its port is new.
  if (to.hostname === from.hostname) return { url: location }
  if (isLinkLocal(to.hostname)) throw refuse('a private address')
  if (isPrivateHost(from.hostname)) return { url: location }
  if (isPrivateHost(to.hostname)) throw refuse('a private address')
  return { url: location, publicOnly: true }
}
