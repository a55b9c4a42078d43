/** The addresses parsed last. */
const parsed = new Map<string, Readonly<URL>>()
const mostParsed = 128

/** A URL taken apart, once for all layers that a request passes. @throws TypeError when it is none */
export function addressOf(url: string): Readonly<URL> {
  const known = parsed.get(url)
  if (known) return known
  const address = new URL(url)
  if (parsed.size >= mostParsed) parsed.clear()
  parsed.set(url, address)
  return address
}

/**
 * A `Location` or `Link` target made absolute, its query kept as text: signed queries break when re-encoded (item 27, 5.2.3).
 * `undefined` when it is no URL.
 */
export function resolveLocation(location: string, base: string): string | undefined {
  // Node decodes header bytes as latin1; registries that do not percent-encode mean UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8').trim()
  if (!URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  const query = queryOf(text)
  return `${url.protocol}//${userinfo(url)}${url.host}${url.pathname}${query}`
}

/** The query with its `?`, exactly as it was written; what could not be sent that way is percent-encoded. */
export function queryOf(url: string): string {
  const withoutFragment = url.split('#', 1)[0] ?? ''
  const start = withoutFragment.indexOf('?')
  if (start < 0) return ''
  const query = withoutFragment.slice(start)
  if (/^[!-~]*$/.test(query)) return query
  return new URL(query, 'http://localhost/').search
}

/** Kept, so that whoever follows the URL sees it and refuses. */
function userinfo(url: URL): string {
  if (url.username === '' && url.password === '') return ''
  return `${url.username}:${url.password}@`
}
