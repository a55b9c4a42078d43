import type { IncomingHttpHeaders } from 'node:http'
import type { Method } from './http.ts'

/** The head of an answer that is understood in full. */
export interface Head {
  status: number
  /** Lower-case names; joined as Node does. */
  headers: IncomingHttpHeaders
  /** Bytes of the body; `undefined` for one in chunks. */
  length: number | undefined
  /** Whether the connection can carry another request, and how many seconds it may wait for one. */
  keepAlive: boolean
  idleSeconds: number | undefined
}

const maxHeaders = 500
const statusLine = /^HTTP\/1\.1 ([2-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/
/** A header as it is written: a name without a space before its colon and a value without control characters (RFC 9112, 5): no folding, no bare CR or LF. */
export const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/
/** Of these Node keeps the first and forgets the rest; two of one kind are not for us to judge. */
const single: ReadonlySet<string> = new Set(
  'age,authorization,connection,content-length,content-type,etag,expires,from,host,if-modified-since,if-unmodified-since,keep-alive,last-modified,location,max-forwards,proxy-authorization,referer,retry-after,server,user-agent,cookie'.split(
    ',',
  ),
)

/**
 * Reads the head of an answer, without the empty line at its end; `undefined` for whatever is not plain: another version, 1xx, a body that ends
 * with its connection, two lengths, a coding other than chunks, an upgrade, odd white space or characters. Those are for an ordinary client.
 */
export function parseHead(head: Buffer, method: Method): Head | undefined {
  const [first = '', ...lines] = head.toString('latin1').split('\r\n')
  const status = Number(statusLine.exec(first)?.[1])
  const headers = lines.length <= maxHeaders ? parseHeaders(lines) : undefined
  if (!status || headers === undefined) return undefined
  const length = headers.upgrade === undefined ? lengthOf(method, status, headers) : undefined
  if (length === undefined) return undefined
  const keepAlive = headers.connection === undefined || headers.connection.toLowerCase() === 'keep-alive'
  const idle = /(?:^|,)[ \t]*timeout=(\d{1,6})/i.exec(String(headers['keep-alive'] ?? ''))?.[1]
  return {
    status,
    headers,
    length: length === 'chunks' ? undefined : length,
    keepAlive,
    idleSeconds: idle === undefined ? undefined : Number(idle),
  }
}

function parseHeaders(lines: string[]): IncomingHttpHeaders | undefined {
  const headers: IncomingHttpHeaders = {}
  for (const line of lines) {
    const match = headerLine.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name === undefined || name === '__proto__') return undefined
    const value = trim(match?.[2] ?? '')
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (known !== undefined && single.has(name)) return undefined
    if (name === 'set-cookie') headers[name] = [...(headers[name] ?? []), value]
    else headers[name] = known === undefined ? value : `${known}, ${value}`
  }
  return headers
}

function lengthOf(method: Method, status: number, headers: IncomingHttpHeaders): number | 'chunks' | undefined {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  const isBodyless = method === 'HEAD' || status === 204 || status === 304
  if (coding !== undefined) {
    // Both framings at once are how requests are smuggled; either alone may be honest (RFC 9112, 6.3).
    return coding.toLowerCase() === 'chunked' && length === undefined && !isBodyless ? 'chunks' : undefined
  }
  if (status === 204) return length === undefined || length === '0' ? 0 : undefined
  if (isBodyless) return length === undefined || isLength(length) ? 0 : undefined
  return length !== undefined && isLength(length) ? Number(length) : undefined
}

/** Exact in a number; Node's parser takes no more either. */
function isLength(text: string): boolean {
  return /^\d{1,15}$/.test(text)
}

/** Spaces and tabs alone, as Node does; in steps, where a pattern would take its time over a line of blanks (T26). */
function trim(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
