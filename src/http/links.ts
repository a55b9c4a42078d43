import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { sameOrigin } from './addresses.ts'
import type { HttpRequest, HttpResponse, Send } from './http.ts'
import { queryOf, resolveLocation } from './location.ts'

/** The most that one page of a list may weigh; what `read` gives to `readAll`. */
export const maxPageBytes = 16 * 1024 * 1024

const maxPages = 10_000

/**
 * The address of the next page by the `Link` header (RFC 8288, item 55); `undefined` when there is none. A link to another path is
 * taken for its query alone: Nexus and JFrog put their own prefix before it (NX#1011, RTFACT-18971).
 * @throws RegctlError REFUSED when it leads to another scheme, host or port: nothing is ever sent there (T4).
 */
export function nextPage({ headers }: Pick<HttpResponse, 'headers'>, requestUrl: string): string | undefined {
  const link = headers.link
  const next = parseLinks(Array.isArray(link) ? link.join(', ') : (link ?? '')).find(({ rel }) => rel.includes('next'))
  if (next === undefined) return undefined
  const target = resolveLocation(next.target, requestUrl)
  const { host } = new URL(requestUrl)
  if (target === undefined) throw new RegctlError('REFUSED', `${host} names a next page whose address is none`)
  if (!sameOrigin(target, requestUrl) || new URL(target).username !== '') {
    throw new RegctlError('REFUSED', `${host} names a next page elsewhere, at ${new URL(target).host}`, {
      hint: 'a list continues only at the registry that began it',
    })
  }
  const [from, to] = [new URL(requestUrl), new URL(target)]
  return to.pathname === from.pathname ? target : `${from.origin}${from.pathname}${queryOf(target)}`
}

/** What a reader made of one answer. */
export interface Page<T> {
  items: T
  /** Where to go on when there is no Link: some registries forget it (item 56). */
  otherwise?: string | undefined
}

/**
 * Reads a list page by page, lazily: `read` turns each answer, whatever its status, into a page. Ends with the last page or with one
 * that was read already.
 * @throws InvalidContentError after 10 000 pages (T12), RegctlError REFUSED for a page elsewhere (T4), and what `send` and `read` throw.
 */
export async function* pages<T>(
  send: Send,
  first: HttpRequest,
  read: (response: HttpResponse, url: string) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>()
  let url: string | undefined = first.url
  while (url !== undefined && !seen.has(url)) {
    const { host } = new URL(url)
    if (seen.size >= maxPages)
      throw new InvalidContentError(`${host} sends a list without end: ${maxPages} pages so far`)
    seen.add(url)
    const current: string = url
    const response: HttpResponse = await send({ ...first, url: current })
    const page = await read(response, current)
    yield page.items
    url = nextPage(response, current) ?? page.otherwise
  }
}

interface Link {
  target: string
  rel: string[]
}

/** Enough for any honest header; scanning stays linear in it (T26). */
const maxLength = 64 * 1024

/** `<target>; name=value; name="value", <target>…`; commas, semicolons and quotes inside `<>` and `""` are text. */
function parseLinks(header: string): Link[] {
  const links: Link[] = []
  const pattern = /[ \t,]*<([^>]*)>((?:[ \t]*;[ \t]*[^\s=;,<>"]*(?:[ \t]*=[ \t]*(?:"(?:\\.|[^"\\])*"|[^\s;,"]*))?)*)/y
  const text = header.slice(0, maxLength)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, target = '', parameters = ''] = match
    links.push({ target, rel: relationsOf(parameters) })
  }
  return links
}

/** The first `rel` counts (RFC 8288, 3.3); one inside another parameter's quotes is text. */
function relationsOf(parameters: string): string[] {
  for (const [, name = '', quoted, plain] of parameters.matchAll(
    /;[ \t]*([^\s=;,<>"]*)(?:[ \t]*=[ \t]*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]*)))?/g,
  )) {
    if (name.toLowerCase() === 'rel') return (quoted ?? plain ?? '').toLowerCase().split(/[ \t]+/)
  }
  return []
}
