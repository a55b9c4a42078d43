import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Open } from '../model/content.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** A body that can be opened again: for a replay after 401, a retry, a redirect. */
export interface RequestBody {
  open: Open
  /** Bytes, sent as Content-Length. */
  size: number
}

export interface HttpRequest {
  method: Method
  /** Used as it stands: an upload's query is signed and must never be re-encoded (item 27). */
  url: string
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Absent on POST, PUT and PATCH means an empty body with `Content-Length: 0`. */
  body?: RequestBody | undefined
  signal?: AbortSignal | undefined
  /** Sent again only where nothing can have been done: a second body on one upload would be appended to the first (item 36). */
  once?: boolean | undefined
  /** What the request must be allowed to do, as token scopes (`repository:a/b:pull,push`); only `auth/` reads them. */
  scopes?: readonly string[] | undefined
  /** The address came from a stranger (realm, redirect, Location): refuse when its name resolves to a private address (T2). */
  publicOnly?: boolean | undefined
  /** The body is a secret: no redirect takes it to another origin (T2, T6). */
  sealed?: true | undefined
  /** One of the many requests that move blobs: when its answer is lost, it is known how to go on. */
  bulk?: true | undefined
}

export interface HttpResponse {
  status: number
  /** Lower-case names; repeated headers joined with `, ` as Node does. */
  headers: IncomingHttpHeaders
  /** Where the response came from, after redirects. */
  url: string
  /** The request was sent before, and the answer to that was lost: it may have been done then. */
  mayBeDone?: true | undefined
  /** Whose login was refused with this 401, for the sentence about it; only `auth/` sets it. */
  refused?: RefusedLogin | undefined
  /** Must be read or given to {@link discard}: an unread body keeps its connection. */
  body: Readable
}

export interface RefusedLogin {
  /** `undefined` for a token, which has no name of its own. */
  username: string | undefined
  /** Where the credential was found, as people know it: `helper osxkeychain`. */
  source: string
}

/** Sends one request. A status is never an error here; a broken connection is a RegctlError (UNREACHABLE, TLS_FAILED, STALLED). */
export type Send = (request: HttpRequest) => Promise<HttpResponse>

/** One behaviour around a {@link Send}. */
export type Layer = (next: Send) => Send

/** Joins behaviours by name; the first is the outermost. */
export function stack(wire: Send, ...layers: Layer[]): Send {
  return layers.reduceRight((next, layer) => layer(next), wire)
}

/** Whether a request changes nothing. */
export function isRead({ method }: Pick<HttpRequest, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD'
}
