import type { IncomingMessage, RequestOptions } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Got } from 'got'
import { RegctlError } from '../model/errors.ts'
import { bareHost } from './addresses.ts'
import { type Connection, createConnections } from './connections.ts'
import { exchange, type Timeouts } from './exchange.ts'
import type { HttpRequest, Send } from './http.ts'
import { addressOf, queryOf } from './location.ts'
import { Outgoing } from './outgoing.ts'
import { proxyLogin } from './proxy.ts'
import { createPump } from './pump.ts'
import type { WireResponse } from './redirect.ts'
import { isStale } from './stale.ts'
import type { TlsSettings } from './tls.ts'

export interface WireOptions {
  userAgent: string
  /** The TLS identity of one origin (`https://host:port`); `undefined` is Node's default. */
  tls?: (origin: string) => Promise<TlsSettings | undefined>
  /** The proxy's URL for an address, the same for all of one origin. */
  proxy?: (url: URL) => string | undefined
  /** Milliseconds until a connection stands, TLS and proxy included; 30 000 when absent. */
  connectTimeout?: number
  /**
   * Milliseconds from the last byte sent to the answer's headers; 120 000 when absent, and up to five times that for a PUT with a gigabyte or
   * none: a commit of 10 GB is slow (item 79), and what closes an upload does not say how much it closes.
   */
  headerTimeout?: number
  /** Milliseconds without a byte moving in a body, either way; 60 000 when absent. There is no limit on the whole. */
  stallTimeout?: number
  /** Resolves names in the place of the system; for tests. */
  lookup?: LookupFunction
  /** `false`: got carries everything; for tests that play a server inside node:http. */
  pump?: boolean
}

export interface Wire {
  send: Send
  /** So many requests to this origin will soon be made at once: their connections are opened ahead. A hint; never fails. */
  prepare(origin: string, requests: number): void
  close(): void
}

const maxHeaderSize = 64 * 1024
const putPatience = 5
/** Bytes. */
const large = 1e9
const maxStale = 32

/**
 * The lowest {@link Send}: one HTTP/1.1 request by the pump, or by got where a proxy is in between, an answer is not plain, or an effect could
 * be had twice; and nothing of its own accord: no redirect, retry, cookie, decompression (a gunzipped blob has another digest, 5.2.1) or
 * thrown status.
 * Throws RegctlError UNREACHABLE, TLS_FAILED, STALLED, or REFUSED by `publicOnly`; when aborted, the signal's reason.
 */
export function createWire(options: WireOptions): Wire {
  const connections = createConnections(options)
  const pump = createPump(options.userAgent)
  let loading: Promise<Got> | undefined

  async function send(request: HttpRequest): Promise<WireResponse> {
    request.signal?.throwIfAborted()
    const connection = await connections.for(parseUrl(request.url), request.publicOnly ?? false)
    const body = request.body && request.body.size > 0 ? new Outgoing(await request.body.open()) : undefined
    try {
      const answered = isForPump(request, connection, options)
        ? await pump.send({ request, body }, connection, timeouts(request, options))
        : undefined
      return answered ?? (await sendByGot(request, body, connection))
    } catch (error) {
      body?.destroy()
      throw error
    }
  }

  async function sendByGot(request: HttpRequest, body: Outgoing | undefined, connection: Connection) {
    const start = await carrierFor(request, connection)
    // From one connection that went stale to the next; as many as may stand idle.
    for (let turn = 1; ; turn++) {
      request.signal?.throwIfAborted()
      try {
        return await exchange(start(), {
          request,
          body,
          proxy: connection.proxy?.host,
          timeouts: timeouts(request, options),
        })
      } catch (error) {
        if (!body || body.isTouched || !isStale(error) || turn > maxStale) throw error
      }
    }
  }

  /** What is started must be listened to at once. */
  async function carrierFor(request: HttpRequest, connection: Connection): Promise<() => Duplex> {
    const { native, target, headers } = await requestOptions(request, connection, options)
    loading ??= import('got').then(({ got }) => got)
    const got = await loading
    return () =>
      got.stream(new URL(request.url), {
        method: request.method,
        headers,
        followRedirect: false,
        decompress: false,
        throwHttpErrors: false,
        retry: { limit: 0 },
        request: (_: URL, given: RequestOptions, onResponse?: (response: IncomingMessage) => void) =>
          native.request({ ...given, ...target }, onResponse),
      })
  }

  async function prepare(origin: string, requests: number): Promise<void> {
    const url = parseUrl(origin)
    const connection = await connections.for(url, false)
    if (!connection.proxy && options.pump !== false) await pump.prepare(url, connection, requests)
  }

  return {
    send,
    prepare(origin, requests) {
      // What is wrong is told by the request that comes.
      prepare(origin, requests).catch(() => {})
    },
    close() {
      connections.close()
      pump.close()
    },
  }
}

/** An answer that the pump does not understand is lost to it: what may not be sent again, and is no upload that finds out where it stands, is not for it. */
function isForPump({ method, bulk }: HttpRequest, { proxy }: Connection, { pump = true }: WireOptions): boolean {
  return pump && proxy === undefined && (bulk || method === 'GET' || method === 'HEAD' || method === 'PUT')
}

function parseUrl(text: string): Readonly<URL> {
  const url = URL.canParse(text) ? addressOf(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new RegctlError('REFUSED', 'an address that is not HTTP was to be fetched')
  if (url.username !== '' || url.password !== '')
    throw new RegctlError('REFUSED', `an address with credentials in it, at ${url.host}, was to be fetched`)
  return url
}

function timeouts({ method, body }: HttpRequest, options: WireOptions): Timeouts {
  const { connectTimeout = 30_000, headerTimeout = 120_000, stallTimeout = 60_000 } = options
  // The end of a short body may be stuck on this machine: that is no commit, and not waited for as long as one.
  const share = method === 'PUT' ? Math.min(1, (body?.size || large) / large) : 0
  return {
    connect: connectTimeout,
    headers: headerTimeout * (1 + share * (putPatience - 1)),
    stall: stallTimeout,
  }
}

async function requestOptions(request: HttpRequest, connection: Connection, { userAgent }: WireOptions) {
  const { method } = request
  const url = addressOf(request.url)
  const { lookup, proxy, rejectUnauthorized } = connection
  const secureContext = connection.widen()
  const headers: Record<string, string> = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers }
  if (request.body || method === 'POST' || method === 'PUT' || method === 'PATCH')
    headers['content-length'] = String(request.body?.size ?? 0)
  const plainProxy = url.protocol === 'http:' ? proxy : undefined
  if (plainProxy) headers.host = url.host
  if (plainProxy) Object.assign(headers, proxyLogin(plainProxy))
  const peer = plainProxy ?? url
  const { default: native } = peer.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const target: RequestOptions = {
    protocol: peer.protocol,
    hostname: bareHost(peer.hostname),
    port: peer.port,
    // got parses and so re-encodes the URL; the query goes out as it was written (item 27). A proxy is told the whole address.
    path: `${plainProxy ? url.origin : ''}${url.pathname}${queryOf(request.url)}`,
    agent: await connection.agent(),
    lookup,
    maxHeaderSize,
  }
  const tls = { rejectUnauthorized, ...(secureContext && { secureContext }) }
  return { native, headers, target: { ...target, ...tls } }
}
