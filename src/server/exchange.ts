import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Store } from '../store/store.ts'
import type { Repositories } from './repositories.ts'
import { Refusal } from './respond.ts'
import type { Route } from './routes.ts'

/** One request and its answer. */
export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  route: Route
  query: URLSearchParams
  /** Aborts when the client has gone before its answer was whole. */
  signal: AbortSignal
}

export type Handler = (exchange: Exchange) => Promise<void>

/** What one kind of route answers, by method; HEAD falls back to GET, whose body is not sent. */
export type Handlers = Partial<Record<string, Handler>>

/** @throws Refusal 404 NAME_UNKNOWN */
export async function openRepository(repositories: Repositories, name: string): Promise<Store> {
  const store = await repositories.open(name)
  if (store) return store
  throw new Refusal(404, 'NAME_UNKNOWN', `repository ${name} is not here`)
}

/** Whether `If-None-Match` names what would be sent (RFC 9110, 13.1.2). */
export function isUnchanged(req: IncomingMessage, etag: string): boolean {
  const known = req.headers['if-none-match']
  if (known === undefined) return false
  return known.split(',').some(one => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
