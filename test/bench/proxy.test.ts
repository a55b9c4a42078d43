import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startProxy } from '../../bench/proxy.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Sends back what it gets. */
async function startEcho(): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

async function exchange(port: number, bytes: Buffer): Promise<{ back: Buffer; broken: boolean }> {
  const socket = net.connect({ port, host: '127.0.0.1' })
  const chunks: Buffer[] = []
  let broken = false
  socket
    .on('data', chunk => chunks.push(chunk))
    .on('error', () => {
      broken = true
    })
  socket.end(bytes)
  await new Promise(resolve => socket.once('close', resolve))
  return { back: Buffer.concat(chunks), broken }
}

describe('startProxy', () => {
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251))

  it.each([
    ['as it is', {}],
    ['far away', { roundTrip: 0.02 }],
    ['throttled', { rate: 20_000_000 }],
  ])('passes every byte on in its order, %s, and counts them', async (_, weather) => {
    const proxy = await startProxy(await startEcho(), weather)
    closing.push(proxy.close)
    const { back, broken } = await exchange(proxy.port, bytes)
    expect({ same: back.equals(bytes), broken }).toEqual({ same: true, broken: false })
    expect(proxy.traffic).toEqual({ sent: bytes.length, received: bytes.length, connections: 1, cuts: 0 })
  })

  it('cuts the connections that it is told to cut', async () => {
    const limits = [300_000, Number.POSITIVE_INFINITY]
    const proxy = await startProxy(await startEcho(), { cutAfter: () => limits.shift() ?? 0 })
    closing.push(proxy.close)
    const first = await exchange(proxy.port, bytes)
    expect(first.back.length).toBeLessThan(bytes.length)
    expect(proxy.traffic.cuts).toBe(1)
    expect((await exchange(proxy.port, bytes)).back.equals(bytes)).toBe(true)
    expect(proxy.traffic.connections).toBe(2)
  })
})
