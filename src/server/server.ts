import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { authenticate } from './authenticate.ts'
import { blobHandlers } from './blobs.ts'
import type { Handler, Handlers } from './exchange.ts'
import type { Users } from './htpasswd.ts'
import { createListener, type Listener, type ListenerOptions } from './listen.ts'
import { catalogHandlers, referrersHandlers, tagsHandlers } from './lists.ts'
import { manifestHandlers } from './manifests.ts'
import type { Repositories } from './repositories.ts'
import { Refusal, respondEmpty, respondError } from './respond.ts'
import { parseRoute, type RouteKind } from './routes.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { uploadHandlers, uploadsHandlers } from './uploads.ts'

/** One line of an access log: no query, no header, no secret. */
export interface RequestLine {
  method: string
  path: string
  status: number
  /** Of the answer's body. */
  bytes: number
}

/** What is served, to whom, and who is told of each request. */
export interface ServerOptions extends ListenerOptions {
  repositories: Repositories
  /** Pulls only; everything else is 405. */
  readOnly?: boolean | undefined
  /** Asked of every request; everybody may come in when absent. */
  users?: Users | undefined
  /** After each answer. */
  onRequest?: ((line: RequestLine) => void) | undefined
  /** Failures of the server's own, which clients see as a bare 500. */
  onError?: ((error: unknown) => void) | undefined
  /** Where uploads grow; default the place the repositories name, else a temporary folder. */
  spoolDir?: string | undefined
  /** Uploads open at once; default 1000. */
  maxUploads?: number | undefined
  /** Seconds without a byte after which an upload is forgotten; default a day. */
  uploadIdleSeconds?: number | undefined
}

/** A registry that can listen, or be the handler of another server. */
export interface RegistryServer extends Listener {
  /** For a server of one's own making. */
  handler: RequestListener
}

/** A registry of the OCI distribution specification 1.1 over any Store. */
export function createRegistryServer(options: ServerOptions): RegistryServer {
  const { repositories, spoolDir = repositories.spoolDir } = options
  const sessions = createSessions({ dir: spoolDir, max: options.maxUploads, idleSeconds: options.uploadIdleSeconds })
  const handlers = handlersFor(repositories, sessions)
  const handler: RequestListener = (req, res) => {
    const gone = new AbortController()
    res.once('close', () => {
      if (!res.writableFinished) gone.abort()
      options.onRequest?.(lineOf(req, res))
    })
    // A client that was refused may still be sending: reading it away keeps the connection for its next request.
    res.once('finish', () => {
      if (!req.complete) req.unpipe().resume()
    })
    answer(req, res, gone.signal).catch(error => {
      const expected = respondError(res, error) || gone.signal.aborted
      if (!expected) options.onError?.(error)
    })
  }

  async function answer(req: IncomingMessage, res: ServerResponse, signal: AbortSignal): Promise<void> {
    res.setHeader('Docker-Distribution-API-Version', 'registry/2.0')
    // A blob can be a web page; no browser shall take it for one of this registry's.
    res.setHeader('X-Content-Type-Options', 'nosniff')
    await authenticate(req, options.users)
    const { path, query } = split(req.url ?? '')
    const route = parseRoute(path)
    const allowed = allow(handlers[route.kind], options.readOnly ?? false)
    await allowed(req)({ req, res, route, query, signal })
  }

  const listener = createListener(handler, options)
  return {
    handler,
    listen: where => listener.listen(where),
    async close() {
      await listener.close()
      await sessions.close()
    },
  }
}

function handlersFor(repositories: Repositories, sessions: Sessions): Record<RouteKind, Handlers> {
  return {
    base: { GET: async ({ res }) => respondEmpty(res, 200) },
    catalog: catalogHandlers(repositories),
    tags: tagsHandlers(repositories),
    manifest: manifestHandlers(repositories),
    blob: blobHandlers(repositories),
    uploads: uploadsHandlers(repositories, sessions),
    upload: uploadHandlers(repositories, sessions),
    referrers: referrersHandlers(repositories),
  }
}

/** Picks the handler of a request's method. @throws Refusal 405 with what is allowed. */
function allow(handlers: Handlers, readOnly: boolean): (req: IncomingMessage) => Handler {
  const open = new Map(Object.entries(handlers).filter(([method]) => !readOnly || method === 'GET'))
  return ({ method = 'GET' }) => {
    const handler = open.get(method === 'HEAD' ? 'GET' : method)
    if (handler) return handler
    const headers = { Allow: [...open.keys(), ...(open.has('GET') ? ['HEAD'] : [])].join(', ') }
    const why = readOnly && method in handlers ? 'this registry is read-only' : `${method} is not allowed here`
    throw new Refusal(405, 'UNSUPPORTED', why, { headers })
  }
}

function split(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

function lineOf(req: IncomingMessage, res: ServerResponse): RequestLine {
  const announced = Number(res.getHeader('Content-Length') ?? 0)
  const bytes = req.method === 'HEAD' ? 0 : announced
  return { method: req.method ?? '', path: split(req.url ?? '').path, status: res.statusCode, bytes }
}
