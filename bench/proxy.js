import { once } from 'node:events'
import net from 'node:net'

/**
 * What lies between a client and a registry: seconds of round trip, bytes a second on each connection and direction, and after how many
 * bytes (both directions together) the n-th connection is cut.
 *
 * @typedef {{ roundTrip?: number, rate?: number, cutAfter?: () => number }} Weather
 * @typedef {{ sent: number, received: number, connections: number, cuts: number }} Traffic `sent` by the client, `received` by it
 * @typedef {{ port: number, traffic: Traffic, close(): Promise<void> }} Proxy
 */

/** What a direction may hold before its sender has to wait: where there is a delay, more than what can be under way. */
const most = { far: 32 * 1024 * 1024, near: 256 * 1024 }

/**
 * A TCP proxy on a free loopback port. A new connection costs a round trip as it does on a real network: loopback accepts at once, so the
 * first bytes of the client are held back for that time.
 *
 * @param {number} target port on loopback
 * @param {Weather} weather
 * @returns {Promise<Proxy>}
 */
export async function startProxy(target, weather) {
  const traffic = { sent: 0, received: 0, connections: 0, cuts: 0 }
  /** @type {Set<net.Socket>} */
  const open = new Set()
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, client => {
    const upstream = net.connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    traffic.connections += 1
    const both = [client, upstream]
    for (const socket of both) {
      open.add(socket)
      socket.on('error', () => destroyAll(both))
      // What is still under way to the other side is delivered: only an error takes both.
      socket.on('close', () => open.delete(socket))
    }
    let left = weather.cutAfter?.() ?? Number.POSITIVE_INFINITY
    /** @param {'sent' | 'received'} way */
    const count = way => (/** @type {number} */ bytes) => {
      traffic[way] += bytes
      left -= bytes
      if (left > 0 || client.destroyed) return
      traffic.cuts += 1
      client.destroy()
      upstream.destroy()
    }
    const delay = (weather.roundTrip ?? 0) / 2
    const { rate } = weather
    forward(client, upstream, { delay, rate, handshake: weather.roundTrip ?? 0, count: count('sent') })
    forward(upstream, client, { delay, rate, handshake: 0, count: count('received') })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    traffic,
    async close() {
      const closed = once(server, 'close')
      server.close()
      destroyAll(open)
      await closed
    },
  }
}

/**
 * Each chunk leaves when its delay is over and the rate allows; their order stays.
 *
 * @param {net.Socket} from
 * @param {net.Socket} to
 * @param {{ delay: number, rate: number | undefined, handshake: number, count: (bytes: number) => void }} how seconds, bytes a second
 */
function forward(from, to, { delay, rate, handshake, count }) {
  /** @type {{ chunk: Buffer | undefined, due: number }[]} */
  const queue = []
  const notBefore = now() + handshake + delay
  const limit = delay > 0 ? most.far : most.near
  let held = 0
  let clear = 0
  let waiting = false

  const drain = () => {
    waiting = false
    for (let next = queue[0]; next !== undefined && !to.destroyed; next = queue[0]) {
      const wait = next.due - now()
      if (wait > 0.0005) {
        waiting = true
        setTimeout(drain, wait * 1000)
        return
      }
      queue.shift()
      if (next.chunk === undefined) {
        to.end()
        return
      }
      held -= next.chunk.length
      if (from.isPaused() && held < limit / 2) from.resume()
      count(next.chunk.length)
      if (to.destroyed) return
      if (to.write(next.chunk)) continue
      waiting = true
      to.once('drain', drain)
      return
    }
  }
  /** @param {Buffer} [chunk] */
  const push = chunk => {
    const start = Math.max(now() + delay, notBefore, clear)
    clear = rate && chunk ? start + chunk.length / rate : start
    queue.push({ chunk, due: clear })
    if (!waiting) drain()
  }
  from.on('data', chunk => {
    held += chunk.length
    if (held > limit) from.pause()
    push(chunk)
  })
  from.on('end', () => push())
}

/** @param {Iterable<net.Socket>} sockets */
function destroyAll(sockets) {
  for (const socket of sockets) socket.destroy()
}

/** Seconds. */
function now() {
  return performance.now() / 1000
}
