import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { RegctlError } from '../model/errors.ts'

export interface Address {
  url: string
  /** As asked for, or 127.0.0.1. */
  host: string
  port: number
}

export interface ListenerOptions {
  /** PEM. */
  tls?: { cert: string; key: string } | undefined
  /** Seconds a connection may be silent, within a request or between two; default 60 (T12: a slow client costs a socket, not for ever). */
  idleSeconds?: number | undefined
  /** Seconds a whole request may take to arrive; no limit when absent, as a blob may take hours. */
  requestSeconds?: number | undefined
  /** Connections at once; no limit when absent. */
  maxConnections?: number | undefined
  /** Seconds that requests in flight get when the server closes; default 10. */
  graceSeconds?: number | undefined
}

export interface Listener {
  /** `port` 0 takes a free one. @throws RegctlError FAILED when the port is taken or not ours to take. */
  listen(where?: { host?: string; port?: number }): Promise<Address>
  /** Accepts nothing more, lets requests in flight finish, then drops what is left. */
  close(): Promise<void>
}

/** An HTTP(S) server around a handler. */
export function createListener(handler: RequestListener, options: ListenerOptions = {}): Listener {
  const { tls, idleSeconds = 60, requestSeconds = 0, maxConnections, graceSeconds = 10 } = options
  let closing = false
  const listener: RequestListener = (req, res) => {
    // While this server hashes what it was given, silence is its own; everywhere else it is the client's.
    res.on('timeout', socket => {
      if (!req.complete || res.headersSent) socket.destroy()
    })
    res.once('close', () => {
      if (closing) setImmediate(() => server.closeIdleConnections())
    })
    handler(req, res)
  }
  const headersSeconds = Math.min(idleSeconds, 60, requestSeconds || 60)
  const timing = { connectionsCheckingInterval: Math.min(30, headersSeconds) * 500 }
  const server = tls ? createTlsServer({ ...tls, ...timing }, listener) : createServer(timing, listener)
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  // Without a limit on a whole request there are still those on silence and on the time for its headers.
  server.requestTimeout = requestSeconds * 1000
  server.headersTimeout = headersSeconds * 1000
  server.setTimeout(idleSeconds * 1000)
  server.keepAliveTimeout = idleSeconds * 1000
  return {
    async listen({ host = '127.0.0.1', port = 0 } = {}) {
      await start(server, host, port)
      const bound = (server.address() as AddressInfo).port
      const shown = host.includes(':') ? `[${host}]` : host
      return { url: `${tls ? 'https' : 'http'}://${shown}:${bound}`, host, port: bound }
    },
    close: () =>
      new Promise(resolve => {
        if (!server.listening) return resolve()
        closing = true
        const impatient = setTimeout(() => server.closeAllConnections(), graceSeconds * 1000)
        server.close(() => {
          clearTimeout(impatient)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

function start(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      reject(
        new RegctlError('FAILED', `could not listen on ${host}:${port} (${cause.code})`, {
          hint: cause.code === 'EADDRINUSE' ? 'another program has this port; choose one with --port' : undefined,
          cause,
        }),
      )
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
}
