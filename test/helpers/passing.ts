import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { carry, closed } from './carry.ts'
import type { Fault, Head, Kind, Words } from './faults.ts'

/** One exchange as it went through. */
export interface Passed {
  method: string
  /** With its query. */
  path: string
  kind: Kind
  /** As the client was told; 0 when it was told nothing. */
  status: number
  /** Bytes of the request's body, and of the answer's, that passed. */
  up: number
  down: number
}

/** One exchange on its way, and what is to go wrong with it. */
export interface Exchange {
  incoming: IncomingMessage
  outgoing: ServerResponse
  /** The client's; Node takes it off the message once the exchange is over. */
  socket: Socket
  fault: Fault
  entry: Passed
}

/** Carries a request to the registry, `127.0.0.1:PORT`; `undefined` when the fault cut it. @throws Error when either side has gone */
export async function forward(exchange: Exchange, backend: string): Promise<IncomingMessage | undefined> {
  const { incoming, socket, fault, entry } = exchange
  const [hostname, port] = backend.split(':')
  const hidden = new Set(['connection', ...(fault.hide ?? [])])
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !hidden.has(name)))
  const onward = request({ hostname, port, method: entry.method, path: entry.path, headers, agent: false })
  const answered: Promise<IncomingMessage[]> = once(onward, 'response')
  const left = () => onward.destroy()
  socket.once('close', left)
  onward.once('close', () => socket.off('close', left))
  const count = (bytes: number) => {
    entry.up += bytes
  }
  const sent = carry(incoming, onward, { fault: fault.up, count, gone: closed(onward) }).then(way => {
    if (way === 'cut') onward.destroy()
    else onward.end()
    return way
  })
  for (const either of [sent, answered]) either.catch(() => {})
  // A registry may answer before it has read everything.
  if ((await Promise.race([sent, answered])) === 'cut') return undefined
  return (await answered)[0]
}

/** Carries the answer to the client, under this head. */
export async function reply(
  { outgoing, fault, entry }: Exchange,
  answer: IncomingMessage,
  head: Head,
): Promise<'whole' | 'cut'> {
  const { 'content-length': length, ...others } = head.headers
  outgoing.useChunkedEncodingByDefault = !fault.endless
  if (fault.endless) outgoing.shouldKeepAlive = false
  const headers = fault.endless || length === undefined ? others : { ...others, 'content-length': length }
  entry.status = head.status
  outgoing.writeHead(head.status, headers as Record<string, string>)
  outgoing.flushHeaders()
  const count = (bytes: number) => {
    entry.down += bytes
  }
  const way = await carry(answer, outgoing, { fault: fault.down, count, gone: closed(outgoing) })
  if (way === 'whole') outgoing.end()
  return way
}

/** The proxy's own words, at once; what the client still sends is read and counted. */
export function say({ incoming, outgoing, entry }: Exchange, { status, headers, body = '' }: Words): void {
  incoming.on('data', (chunk: Buffer) => {
    entry.up += chunk.length
  })
  entry.status = status
  entry.down += entry.method === 'HEAD' ? 0 : body.length
  outgoing.writeHead(status, { ...headers, 'content-length': String(body.length) } as Record<string, string>)
  outgoing.end(body)
}

/** What the registry said, without what belongs to its connection. */
export function headOf({ statusCode = 0, headers }: IncomingMessage): Head {
  const own = new Set(['connection', 'keep-alive', 'transfer-encoding'])
  const entries = Object.entries(headers).filter(([name, value]) => !own.has(name) && value !== undefined)
  return { status: statusCode, headers: Object.fromEntries(entries) as Head['headers'] }
}
