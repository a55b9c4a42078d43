import type { IncomingMessage, ServerResponse } from 'node:http'

export type Headers = Readonly<Record<string, string>>

/** Answers JSON. */
export function reply(res: ServerResponse, status: number, value: unknown, headers: Headers = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

/** The JSON that was sent; `{}` for nothing. */
export async function bodyOf(req: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

/** `user` and `password` of `Authorization: Basic`. */
export function basicOf({ headers }: IncomingMessage): { user: string; password: string } | undefined {
  const [scheme = '', encoded = ''] = (headers.authorization ?? '').split(' ')
  if (scheme !== 'Basic') return undefined
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':')
  return { user, password: password.join(':') }
}

/** Path, decoded part by part once as servers do, and query. */
export function partsOf({ url = '' }: IncomingMessage): { parts: string[]; query: URLSearchParams; path: string } {
  const { pathname, searchParams } = new URL(url, 'http://host')
  return { parts: pathname.split('/').slice(1), query: searchParams, path: pathname }
}

/** One page of a list, numbered from 1. */
export function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
  most = 100,
): { items: T[]; page: number; size: number } {
  const page = Number(query.get('page') ?? 1)
  const size = Math.min(Number(query.get('page_size') ?? 10), most)
  return { items: all.slice((page - 1) * size, page * size), page, size }
}
