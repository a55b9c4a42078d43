import { type HttpRequest, isRead } from './http.ts'
import { queryOf } from './location.ts'

/**
 * The head of a request as it goes over a connection (RFC 9112, 3), checked as node:http does. `undefined` for what that would refuse: it is left
 * to it to refuse; and for fields that are not the caller's to set.
 */
export function headOf(
  { method, headers, body, url: text }: HttpRequest,
  url: Readonly<URL>,
  userAgent: string,
): string | undefined {
  const all = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...headers }
  let head = `${method} ${url.pathname}${queryOf(text)} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: keep-alive\r\n`
  for (const [name, value] of Object.entries(all)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value) || ours.has(name.toLowerCase()))
      return undefined
    head += `${name}: ${value}\r\n`
  }
  if (body || !isRead({ method })) head += `Content-Length: ${body?.size ?? 0}\r\n`
  return `${head}\r\n`
}

/** What says where a request ends, and what becomes of its connection. */
const ours: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
])
