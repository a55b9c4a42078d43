import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls'
import type { Connection } from './connections.ts'
import { type Timeouts, unreachable } from './exchange.ts'
import { failureOf } from './failures.ts'
import type { HttpRequest } from './http.ts'
import { LentBody } from './lent.ts'
import { queryOf } from './location.ts'
import { OddAnswer, PumpConnection } from './pump-connection.ts'
import type { WireResponse } from './redirect.ts'
import { abortReason, cutShort, stalled } from './response-body.ts'
import { createSlabPool, type SlabPool } from './slabs.ts'

export interface Pump {
  /**
   * A GET without a proxy in between, its body lent; or `undefined` where it is for the ordinary client, because the answer is not plain: then
   * nothing of it was used, and this server is not asked by the pump again.
   * @throws RegctlError as the wire does; when aborted, the signal's reason
   */
  get(request: HttpRequest, connection: Connection, timeouts: Timeouts): Promise<WireResponse | undefined>
  close(): void
}

/** TLS hands over 16 KiB at a time, and gains nothing from larger slabs. */
const slabSizes = { 'https:': 512 * 1024, 'http:': 1024 * 1024 }

/** What stands open to one origin, under one TLS identity and address rule: what one {@link Connection} describes. */
interface Line {
  idle: PumpConnection[]
  /** For resumption; a session is of an identity, and stays with it (T20). */
  session: Buffer | undefined
  isOdd: boolean
}

/** Carries bodies beside the wire, from the socket into memory that is lent on: a third of a client's stream in time and memory (BENCH.md). */
export function createPump(userAgent: string): Pump {
  const lines = new Map<Connection, Line>()
  const pools = { 'https:': createSlabPool(slabSizes['https:']), 'http:': createSlabPool(slabSizes['http:']) }

  return {
    async get(request, connection, timeouts) {
      const url = new URL(request.url)
      const head = headOf(request, url, userAgent)
      const line = lines.get(connection) ?? { idle: [], session: undefined, isOdd: false }
      lines.set(connection, line)
      const pool = url.protocol === 'https:' ? pools['https:'] : pools['http:']
      // Each turn but the last uses up an idle connection.
      while (head !== undefined && !line.isOdd) {
        const link = takeIdle(line) ?? open(url, connection, line)
        try {
          return await ask(link, head, { request, line, timeouts, pool })
        } catch (error) {
          if (request.signal?.aborted) throw abortReason(request.signal)
          if (error instanceof OddAnswer) line.isOdd = true
          // Closed by the server in the very moment it was used again: nothing was looked at (RFC 9112, 9.3.1).
          else if (!link.isReused || link.hasHeard || !isReset(error)) throw failureOf(error, url.host)
        }
      }
      return undefined
    },
    close() {
      for (const { idle } of lines.values()) for (const link of idle.splice(0)) link.destroy()
      lines.clear()
    },
  }
}

interface Asking {
  request: HttpRequest
  line: Line
  timeouts: Timeouts
  pool: SlabPool
}

async function ask(link: PumpConnection, head: string, asking: Asking): Promise<WireResponse> {
  const { request, line, timeouts, pool } = asking
  const { signal } = request
  const { host } = new URL(request.url)
  const timer = alarm()
  let body: LentBody | undefined
  const abort = () => (body ?? link).destroy(abortReason(signal))
  const settle = () => {
    timer.clear()
    signal?.removeEventListener('abort', abort)
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    timer.set(timeouts.connect, seconds =>
      link.destroy(unreachable(`no connection to ${host} came about in ${seconds} seconds`)),
    )
    await link.ready
    timer.set(timeouts.headers, seconds => link.destroy(stalled(`${host} did not answer for ${seconds} seconds`)))
    const { status, headers, chunks } = await link.ask(head, {
      pool,
      describe: error => cutShort(error, host),
      onFree: () => line.idle.push(link),
      onWait(isWaiting) {
        if (!isWaiting) return timer.clear()
        timer.set(timeouts.stall, seconds => body?.destroy(stalled(`${host} sent nothing for ${seconds} seconds`)))
      },
    })
    timer.clear()
    const answer = new LentBody(chunks, error => {
      settle()
      chunks.drop()
      // Read to its end, the connection may be somebody else's by now.
      if (chunks.left > 0) link.destroy(error)
    })
    body = answer
    if (signal?.aborted) abort()
    return { status, headers, url: request.url, body: answer, remoteAddress: link.remoteAddress }
  } catch (error) {
    settle()
    throw error
  }
}

interface Alarm {
  /** Rings once after so many milliseconds, unless it is set anew or cleared. */
  set(milliseconds: number, ring: (seconds: number) => void): void
  clear(): void
}

function alarm(): Alarm {
  let timer: NodeJS.Timeout | undefined
  const clear = () => clearTimeout(timer)
  return {
    clear,
    set(milliseconds, ring) {
      clear()
      timer = setTimeout(() => ring(Math.round(milliseconds / 1000)), milliseconds)
    },
  }
}

/** The last used first; what the server has promised to keep no longer is closed. */
function takeIdle({ idle }: Line): PumpConnection | undefined {
  for (let link = idle.pop(); link !== undefined; link = idle.pop()) {
    if (link.isUsable) return link
    link.destroy()
  }
  return undefined
}

/** Like node:https: the name that is asked for is the name in the certificate, an address is sent to nobody (RFC 6066, 3). */
function open(url: URL, { lookup, rejectUnauthorized, secureContext }: Connection, line: Line): PumpConnection {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isSecure = url.protocol === 'https:'
  const target = { host, port: Number(url.port) || (isSecure ? 443 : 80), lookup }
  if (!isSecure) return new PumpConnection(onread => prepared(connect({ ...target, onread })), 'connect')
  const tls = {
    ...target,
    servername: isIP(host) ? '' : host,
    rejectUnauthorized,
    secureContext,
    session: line.session,
    ALPNProtocols: ['http/1.1'],
  }
  return new PumpConnection(onread => {
    const options: ConnectionOptions & { onread: typeof onread } = { ...tls, onread }
    const socket = connectSecurely(options)
    socket.on('session', session => {
      line.session = session
    })
    return prepared(socket)
  }, 'secureConnect')
}

function prepared<S extends Socket>(socket: S): S {
  socket.setNoDelay(true).setKeepAlive(true, 30_000)
  return socket
}

/** Checked as node:http does; what it would refuse is left to it to refuse. */
function headOf({ method, headers, body, url: text }: HttpRequest, url: URL, userAgent: string): string | undefined {
  const all = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...headers }
  let head = `GET ${url.pathname}${queryOf(text)} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: keep-alive\r\n`
  if (method !== 'GET' || body !== undefined) return undefined
  for (const [name, value] of Object.entries(all)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value) || ours.has(name.toLowerCase()))
      return undefined
    head += `${name}: ${value}\r\n`
  }
  return `${head}\r\n`
}

const ours: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
])

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
