import { connect, isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { bareHost } from './addresses.ts'
import type { Connection } from './connections.ts'
import { PumpConnection } from './pump-connection.ts'

/** What stands open to one origin, under one TLS identity and address rule: what one {@link Connection} describes. */
export interface Line {
  idle: PumpConnection[]
  /** For resumption; a session is of an identity, and stays with it (T20). */
  session: Buffer | undefined
  isOdd: boolean
}

/** The last used first; what the server has promised to keep no longer is closed. */
export function takeIdle({ idle }: Line): PumpConnection | undefined {
  for (let link = idle.pop(); link !== undefined; link = idle.pop()) {
    if (link.isUsable) return link
    link.destroy()
  }
  return undefined
}

/** Opens connections ahead, so that so many are there or on their way: each new one costs a round trip, over TLS two. */
export async function openAhead(
  url: Readonly<URL>,
  connection: Connection,
  { line, count }: { line: Line; count: number },
) {
  for (let missing = count - line.idle.length; missing > 0; missing--) {
    const link = await openLine(url, connection, line)
    link.wait()
    // What stands already is used first.
    line.idle.unshift(link)
  }
}

/** Like node:https: the name that is asked for is the name in the certificate, an address is sent to nobody (RFC 6066, 3). */
export async function openLine(
  url: Readonly<URL>,
  { lookup, rejectUnauthorized, secureContext }: Connection,
  line: Line,
): Promise<PumpConnection> {
  const host = bareHost(url.hostname)
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
  const { connect: connectSecurely } = await import('node:tls')
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
