import { RegctlError } from '../model/errors.ts'
import { isLinkLocal, isPrivateHost, isPublicAddress, sameOrigin } from './addresses.ts'
import { discard } from './body.ts'
import { type HttpRequest, type HttpResponse, isRead, type Layer } from './http.ts'
import { resolveLocation } from './location.ts'
import { redactUrl } from './redact.ts'

export interface RedirectOptions {
  /** Hops followed before giving up; 10 when absent. */
  max?: number
}

/** An answer from a wire that knows to which address it was connected; absent behind a proxy. */
export interface WireResponse extends HttpResponse {
  remoteAddress?: string | undefined
}

/** All that another origin gets to see of our headers; whatever is not on the list may be a credential under any name (T6). */
const harmless: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'content-range',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'range',
  'user-agent',
])

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Follows redirects by the table of 2.11; the answer's `url` is where it came from in the end.
 * @throws RegctlError REFUSED for a redirect that would leak, downgrade, reach into a private network, change the method or not end.
 */
export function redirect({ max = 10 }: RedirectOptions = {}): Layer {
  return next => async first => {
    const seen = new Set([first.url])
    let request = first
    let start: WireResponse | undefined
    for (let hops = 0; ; hops++) {
      const response: WireResponse = await next(request)
      // Decided by the first connection: later hops are strangers and have no say in it.
      start ??= response
      const target = targetOf(request, response)
      if (target === undefined) return response
      await discard(response)
      if (seen.has(target) || hops >= max) throw refusal(request, `redirects in circles or more than ${max} times`)
      seen.add(target)
      const privateStart = startsPrivate(first, start)
      checkMethod(request, response)
      checkTarget(first, request, target, privateStart)
      request = follow(request, target, privateStart)
    }
  }
}

function targetOf(request: HttpRequest, { status, headers }: HttpResponse): string | undefined {
  if (!statuses.has(status) || headers.location === undefined) return undefined
  const target = resolveLocation(headers.location, request.url)
  if (target === undefined) throw refusal(request, 'redirects to an address that is none')
  return target
}

function startsPrivate(request: HttpRequest, { remoteAddress }: WireResponse): boolean {
  if (isPrivateHost(new URL(request.url).hostname)) return true
  return remoteAddress !== undefined && !isPublicAddress(remoteAddress)
}

/** Never a GET out of a PUT, PATCH or POST: what was to be written would silently be read. */
function checkMethod(request: HttpRequest, { status }: HttpResponse): void {
  if (status === 307 || status === 308 || isRead(request)) return
  throw refusal(request, `answers a ${request.method} with ${status}, a redirect for reading only`)
}

function checkTarget(first: HttpRequest, request: HttpRequest, target: string, privateStart: boolean): void {
  const [from, to] = [new URL(request.url), new URL(target)]
  const where = redactUrl(target)
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw refusal(request, `redirects to ${to.protocol}`)
  if (to.username !== '' || to.password !== '') throw refusal(request, `redirects with credentials to ${to.host}`)
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw refusal(request, `redirects to ${where} without encryption`)
  if (request.sealed && !sameOrigin(request.url, target))
    throw refusal(request, `redirects what is for it alone to ${where}`)
  const sameHost = to.hostname === new URL(first.url).hostname
  // Not even from a registry on this machine: whoever pushes there may choose where its storage redirects to (T6).
  if (isLinkLocal(to.hostname) && !sameHost) throw refusal(request, `redirects to a link-local address, ${where}`)
  if (isPrivateHost(to.hostname) && !sameHost && !privateStart)
    throw refusal(request, `redirects into a private network, to ${where}`)
}

/** The same request to another address; at another origin without whatever might be a credential. */
function follow(request: HttpRequest, target: string, privateStart: boolean): HttpRequest {
  if (sameOrigin(request.url, target)) return { ...request, url: target }
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => harmless.has(name.toLowerCase()))
  return {
    ...request,
    url: target,
    headers: Object.fromEntries(headers),
    scopes: undefined,
    publicOnly: request.publicOnly || !privateStart,
  }
}

function refusal(request: HttpRequest, deed: string): RegctlError {
  return new RegctlError('REFUSED', `${new URL(request.url).host} ${deed}, which is not followed`)
}
