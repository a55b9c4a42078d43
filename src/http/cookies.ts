import type { CookieJar } from 'tough-cookie'
import type { HttpRequest, HttpResponse, Layer } from './http.ts'
import { addressOf } from './location.ts'

const maxCookies = 50
const maxLength = 4096

/**
 * Keeps sticky-session cookies so that an upload stays at one backend (2.9): in memory, per scheme, host and port, never for a
 * whole domain (T22), and apart for `/v2/` and everything else, since Harbor's session cookie turns on its CSRF check.
 */
export function cookies(): Layer {
  // Set before it is there, so that answers that come at the same time share one.
  const jars = new Map<string, Promise<CookieJar>>()
  return next => async request => {
    const key = jarKey(request.url)
    const response = await next(await withCookies(await jars.get(key), request))
    const lines = response.headers['set-cookie'] ?? []
    if (lines.length > 0) {
      const jar = jars.get(key) ?? createJar()
      jars.set(key, jar)
      await keep(await jar, lines, request)
    }
    return response
  }
}

function jarKey(url: string): string {
  const { origin, pathname } = addressOf(url)
  return `${origin} ${pathname.startsWith('/v2/') ? 'registry' : 'management'}`
}

async function createJar(): Promise<CookieJar> {
  const { CookieJar } = await import('tough-cookie')
  // Whatever `Domain` a cookie asks for, siblings or all of `.io`, its jar serves one origin, so suffixes need no list (T22).
  return new CookieJar(undefined, { rejectPublicSuffixes: false })
}

async function withCookies(jar: CookieJar | undefined, request: HttpRequest): Promise<HttpRequest> {
  const kept = await jar?.getCookieString(request.url)
  if (!kept) return request
  const given = request.headers?.cookie
  return { ...request, headers: { ...request.headers, cookie: given ? `${given}; ${kept}` : kept } }
}

async function keep(jar: CookieJar, lines: HttpResponse['headers']['set-cookie'], { url }: HttpRequest): Promise<void> {
  const { Cookie } = await import('tough-cookie')
  for (const line of lines ?? []) {
    const cookie = line.length <= maxLength ? Cookie.parse(line) : undefined
    if (cookie === undefined) continue
    const held = (await jar.serialize()).cookies
    const known = held.some(({ key, path }) => key === cookie.key && path === cookie.path)
    if (!known && held.length >= maxCookies) continue
    await jar.setCookie(cookie, url, { ignoreError: true })
  }
}
