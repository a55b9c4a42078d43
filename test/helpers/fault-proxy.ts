import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { closed } from './carry.ts'
import type { Fault, Head, Kind, Words } from './faults.ts'
import { type Exchange, forward, headOf, type Passed, reply, say } from './passing.ts'

export interface Rule {
  /** `GET blob`, `PUT upload`, `* upload`. */
  on: `${string} ${Kind}`
  /** Only paths, with their query, that this finds something in. */
  path?: RegExp
  /** Requests that pass unharmed first; 0 when absent. */
  skip?: number
  /** Requests that are hit then; all when absent. */
  times?: number
  fault: Fault
}

export interface FaultProxy {
  /** `127.0.0.1:PORT` */
  host: string
  /** In the order they came. */
  log: Passed[]
  /** Asked in order: the first that matches decides. */
  rules: Rule[]
  /** Bytes of all bodies so far, both ways. */
  moved(): number
  /** How many requests there were of a kind: `POST uploads`. */
  count(what: `${string} ${Kind}`): number
  /** Drops every connection and refuses new ones for so many milliseconds. */
  away(milliseconds: number): Promise<void>
  close(): Promise<void>
}

/** A way to a registry that goes wrong as the rules say, and keeps account of what passed. @param backend `127.0.0.1:PORT` */
export async function startFaultProxy(backend: string, given: readonly Rule[] = []): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const sessions = trackSessions()
  const rules = [...given]
  const log: Passed[] = []
  const strike = chooser(rules)
  let ended = false
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', socket } = incoming
    const entry: Passed = { method, path: url, kind: kindOf(url), status: 0, up: 0, down: 0 }
    log.push(entry)
    const { fault, turn } = strike(entry)
    pass({ incoming, outgoing, socket, fault, entry }, turn).catch(() => socket.destroy())
  })
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`

  async function pass(exchange: Exchange, turn: number): Promise<void> {
    const { outgoing, socket, fault, entry } = exchange
    const asked = { path: entry.path, host, turn }
    if (fault.lose) sessions.lose(entry.path)
    if (fault.away !== undefined && !fault.up && !fault.down) return away(fault.away)
    const words = sessions.refusal(entry.path) ?? fault.answer?.(asked)
    if (words && !fault.up) return say(exchange, words)
    if (fault.hangUp === 'before') return void socket.destroy()
    const answer = await forward(exchange, backend)
    if (answer === undefined || fault.hangUp === 'after') return hangUp(exchange, answer)
    if (fault.late !== undefined) await Promise.race([delay(fault.late), closed(outgoing)])
    const head = fault.rewrite?.(headOf(answer), asked) ?? headOf(answer)
    sessions.remember(head)
    if ((await reply(exchange, answer, head)) === 'cut') hangUp(exchange, answer)
  }

  function hangUp({ socket, fault }: Exchange, answer: IncomingMessage | undefined): void {
    answer?.destroy()
    socket.destroy()
    if (fault.away !== undefined) away(fault.away)
  }

  async function away(milliseconds: number): Promise<void> {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await delay(milliseconds, undefined, { ref: false })
    if (!ended) server.listen(port, '127.0.0.1')
  }

  return {
    host,
    log,
    rules,
    moved: () => log.reduce((sum, { up, down }) => sum + up + down, 0),
    count: what => log.filter(({ method, kind }) => `${method} ${kind}` === what).length,
    away,
    async close() {
      ended = true
      const over = server.listening ? once(server, 'close') : undefined
      server.close()
      for (const socket of sockets) socket.destroy()
      await over
    },
  }
}

/** Finds the fault for a request, and how often its rule has struck, this time included. */
function chooser(rules: readonly Rule[]): (entry: Passed) => { fault: Fault; turn: number } {
  const seen = new Map<Rule, number>()
  return ({ method, kind, path }) => {
    for (const rule of rules) {
      const [ruleMethod, ruleKind] = rule.on.split(' ')
      if ((ruleMethod !== '*' && ruleMethod !== method) || ruleKind !== kind || rule.path?.test(path) === false)
        continue
      const count = (seen.get(rule) ?? 0) + 1
      seen.set(rule, count)
      const turn = count - (rule.skip ?? 0)
      if (turn > 0 && turn <= (rule.times ?? Number.POSITIVE_INFINITY)) return { fault: rule.fault, turn }
    }
    return { fault: {}, turn: 0 }
  }
}

/** Upload sessions that are gone, and those whose address has changed since. */
function trackSessions() {
  const lost = new Set<string>()
  const newest = new Map<string, string>()
  const pathOf = (path: string) => path.replace(/\?.*/, '')
  return {
    lose: (path: string) => lost.add(pathOf(path)),
    remember({ headers: { location } }: Head) {
      const match = typeof location === 'string' ? /^([^?]*)\?.*\bturn=(\d+)/.exec(location) : null
      if (match?.[1] && match[2]) newest.set(match[1], `turn=${match[2]}`)
    },
    refusal(path: string): Words | undefined {
      const turn = newest.get(pathOf(path))
      const stale = turn !== undefined && !new RegExp(`${turn}(&|$)`).test(path)
      return stale || lost.has(pathOf(path)) ? gone : undefined
    },
  }
}

const gone: Words = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN', message: 'no such upload' }] }),
}

function kindOf(url: string): Kind {
  const path = url.replace(/\?.*/, '')
  if (path.includes('/manifests/')) return 'manifest'
  if (/\/blobs\/uploads\/?$/.test(path)) return 'uploads'
  if (path.includes('/blobs/uploads/')) return 'upload'
  if (path.includes('/blobs/')) return 'blob'
  return path === '/v2/' ? 'base' : 'list'
}
