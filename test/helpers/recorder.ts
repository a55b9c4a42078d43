import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** A request as a server saw it. */
export interface Recorded {
  method: string
  /** Path and query, byte for byte. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** Whether a client certificate was shown, by its subject's CN. */
  clientCert?: string
}

export interface Recorder {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** `127.0.0.1:PORT` */
  host: string
  port: number
  requests: Recorded[]
  /** Connections accepted so far. */
  connections(): number
  close(): Promise<void>
}

export type Handler = (request: Recorded, response: ServerResponse) => void

export interface RecorderOptions {
  /** Serve HTTPS by this; a client certificate is asked for, and recorded, but not demanded. */
  tls?: ServerOptions
}

/** A server on loopback that remembers what it was sent. The handler answers when the body is read; without one, 200 and nothing. */
export async function startRecorder(
  handler: Handler = (_, response) => response.end(),
  { tls }: RecorderOptions = {},
): Promise<Recorder> {
  const requests: Recorded[] = []
  const sockets = new Set<Socket>()
  let accepted = 0
  const listener = async (message: IncomingMessage, response: ServerResponse) => {
    const recorded = await record(message)
    if (recorded === undefined) return
    requests.push(recorded)
    handler(recorded, response)
  }
  const server: Server = tls
    ? createTlsServer({ requestCert: true, rejectUnauthorized: false, ...tls }, listener)
    : createServer(listener)
  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`
  return {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    port,
    requests,
    connections: () => accepted,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function record(message: IncomingMessage): Promise<Recorded | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of message) chunks.push(chunk)
  } catch {
    return undefined
  }
  const recorded: Recorded = {
    method: message.method ?? '',
    url: message.url ?? '',
    headers: message.headers,
    body: Buffer.concat(chunks),
  }
  const clientCert = message.socket instanceof TLSSocket ? message.socket.getPeerCertificate()?.subject?.CN : undefined
  if (clientCert !== undefined) recorded.clientCert = String(clientCert)
  return recorded
}
