import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { lend } from '../../src/http/lent.ts'
import { Downloads, type RangeRules } from '../../src/registry/downloads.ts'
import { registryMemory } from '../../src/registry/endpoint.ts'
import { RegistryStore } from '../../src/registry/store.ts'
import { closing, testWire } from '../helpers/http-send.ts'
import { randomBlob } from '../helpers/images.ts'

const kibibyte = 1024
const piece = 16 * kibibyte
/** As the real ones, only smaller, and more connections are always worthwhile, even if a step of four pieces happens to see only one. */
const rules: Partial<RangeRules> = {
  least: 256 * kibibyte,
  leastLeft: 64 * kibibyte,
  leastTime: 0,
  segment: 64 * kibibyte,
  segmentsPerBlob: 5,
  segments: 10,
  look: 40,
  step: 40,
  worthwhile: -100,
}

interface Asked {
  number: number
  start: number
  end: number
  isRange: boolean
}

/** What the server does in the place of serving a range; `undefined`: it serves it. */
type Odd = (asked: Asked, res: ServerResponse) => Partial<Lie> | undefined

interface Lie {
  status: number
  start: number
  end: number
  size: number
  etag: string
  /** Hangs up after so many bytes. */
  cutAfter: number
  /** Says nothing before so many bytes have been sent, by all connections. */
  silentTo: number
}

interface World extends Partial<RangeRules> {
  size?: number
  odd?: Odd
}

/** A registry that sends each connection a piece every millisecond, by its own clock ten of them. */
async function start({ size = 2048 * kibibyte, odd = () => undefined, ...more }: World = {}) {
  const { bytes, descriptor } = randomBlob(size)
  const clock = { time: 0 }
  const seen = { ranges: [] as string[], open: 0, most: 0, moved: 0 }
  async function serve(req: IncomingMessage, res: ServerResponse) {
    const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '')
    seen.ranges.push(req.headers.range ?? 'all')
    const asked = {
      number: seen.ranges.length,
      start: Number(range?.[1] ?? 0),
      end: range?.[2] ? Number(range[2]) + 1 : size,
      isRange: range !== null,
    }
    const status = range ? 206 : 200
    const honest: Lie = { ...asked, status, size, etag: '"one"', cutAfter: Number.POSITIVE_INFINITY, silentTo: 0 }
    const lie = { ...honest, ...odd(asked, res) }
    const body = lie.status < 300 ? bytes.subarray(lie.start, lie.end) : Buffer.from('{}')
    while (seen.moved < lie.silentTo && !res.destroyed) await sleep(1)
    if (res.destroyed) return
    res.writeHead(lie.status, {
      'content-length': body.length,
      etag: lie.etag,
      ...(lie.status === 206 && { 'content-range': `bytes ${lie.start}-${lie.end - 1}/${lie.size}` }),
    })
    seen.most = Math.max(seen.most, ++seen.open)
    let isClosed = false
    res.once('close', () => {
      isClosed = true
      seen.open--
    })
    for (let at = 0; at < body.length && !isClosed; at += piece) {
      if (at >= lie.cutAfter) res.destroy()
      if (res.destroyed) return
      await sleep(1)
      clock.time += 10
      const part = body.subarray(at, at + piece)
      seen.moved += part.length
      await new Promise(resolve => res.write(part, resolve))
    }
    res.end()
  }
  const server = createServer((req, res) => void serve(req, res))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing({
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  })
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const downloads = new Downloads({ ...rules, now: () => clock.time, ...more })
  const registry = { name, baseUrl: `http://${name}`, send: testWire(), ...registryMemory(name), downloads }
  const store = new RegistryStore(registry, 'demo/app')
  return { bytes, descriptor, store, downloads, habits: registry.habits, seen, clock }
}

/** Of the bytes as they are lent, each before the next is asked for. */
async function digestFrom(body: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of lend(body)) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

/** Between one segment and the next a connection is not counted. */
function expectAbout(open: number, connections: number): void {
  expect(open).toBeLessThanOrEqual(connections)
  expect(open).toBeGreaterThanOrEqual(connections - 2)
}

/** Everything is closed and given back, sooner or later. */
async function expectClean({ downloads, seen }: Pick<Awaited<ReturnType<typeof start>>, 'downloads' | 'seen'>) {
  await expect
    .poll(() => [downloads.held, downloads.connections, seen.open, downloads.isTrying])
    .toEqual([0, 0, 0, false])
}

describe('a large blob that comes slowly', () => {
  it('comes over several connections, in order, and no byte twice', async () => {
    const world = await start()
    const { store, descriptor, seen, habits } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expectAbout(seen.most, 5)
    expect(habits.connections).toBe(5)
    // What the first connection still had on its way when it was cut off.
    expect(seen.moved).toBeLessThanOrEqual(descriptor.size + 8 * piece)
    await expectClean(world)
  })

  it('comes whole to whoever reads it as an ordinary stream', async () => {
    const { store, descriptor, bytes, seen } = await start()
    expect((await buffer(await store.fetch(descriptor))).equals(bytes)).toBe(true)
    expectAbout(seen.most, 5)
  })

  it('comes the same way from an offset on', async () => {
    const { store, descriptor, bytes, seen } = await start()
    const rest = await buffer(await store.fetch(descriptor, { offset: 100_001 }))
    expect(rest.equals(bytes.subarray(100_001))).toBe(true)
    expect(seen.ranges[0]).toBe('bytes=100001-')
    expectAbout(seen.most, 5)
  })

  it('is over several connections from the start where one before it was', async () => {
    const { store, descriptor, seen, habits } = await start({ look: 1e9 })
    habits.connections = 4
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expectAbout(seen.most, 4)
  })

  it('goes back to one connection where more bring no more', async () => {
    const world = await start({ worthwhile: 100 })
    const { store, descriptor, seen, habits } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.most).toBeLessThanOrEqual(3)
    expect(seen.ranges.at(-1)).toMatch(/^bytes=\d+-$/)
    expect(habits).toEqual({})
    expect(seen.moved).toBeLessThanOrEqual(descriptor.size + 8 * piece)
    await expectClean(world)
  })

  it.each([
    { what: 'small', world: { size: 255 * kibibyte } },
    { what: 'nearly over', world: { leastLeft: 2048 * kibibyte } },
    { what: 'fast', world: { fast: 1000 } },
  ])('is left alone when it is $what', async ({ world }) => {
    const { store, descriptor, seen } = await start(world)
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.ranges).toEqual(['all'])
  })

  it('is left alone when it is the reader who is slow', async () => {
    const { store, descriptor, seen, clock } = await start()
    for await (const _ of lend(await store.fetch(descriptor))) clock.time += 100
    expect(seen.ranges).toEqual(['all'])
  })
})

describe('a registry that is odd about ranges', () => {
  const second =
    (lie: Partial<Lie>): Odd =>
    ({ isRange }) =>
      isRange ? lie : undefined

  it.each<{ what: string; odd: Odd; noRanges?: true }>([
    {
      what: 'ignores them',
      odd: ({ isRange }) => (isRange ? { status: 200, start: 0, end: 2048 * kibibyte } : undefined),
      noRanges: true,
    },
    { what: 'refuses them with 416', odd: second({ status: 416 }), noRanges: true },
    {
      what: 'gives another part',
      odd: ({ isRange, start }) => (isRange ? { start: start + 1 } : undefined),
      noRanges: true,
    },
    { what: 'gives less', odd: ({ isRange, end }) => (isRange ? { end: end - 1 } : undefined), noRanges: true },
    { what: 'gives more', odd: ({ isRange, end }) => (isRange ? { end: end + 1 } : undefined), noRanges: true },
    { what: 'says another size', odd: second({ size: 2049 * kibibyte }), noRanges: true },
    { what: 'has another entity tag', odd: second({ etag: '"two"' }) },
    { what: 'says 429 to the second', odd: second({ status: 429 }) },
    { what: 'says 404 to the second', odd: second({ status: 404 }) },
    { what: 'hangs up on the second', odd: second({ cutAfter: 0 }) },
  ])('$what: one connection goes on', async ({ odd, noRanges }) => {
    const world = await start({ odd })
    const { store, descriptor, seen, habits } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.ranges.filter(range => range === 'all')).toHaveLength(1)
    expect(habits).toEqual(noRanges ? { noRanges } : {})
    await expectClean(world)
  })

  it.each<{ what: string; lie: Partial<Lie> }>([
    { what: 'has another entity tag', lie: { etag: '"two"' } },
    { what: 'says 429', lie: { status: 429 } },
    { what: 'says 416', lie: { status: 416 } },
  ])('$what in the middle: the rest comes over one', async ({ lie }) => {
    const world = await start({ odd: ({ number, end }) => (number > 8 && end < 2048 * kibibyte ? lie : undefined) })
    const { store, descriptor, seen } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.ranges.at(-1)).toMatch(/^bytes=\d+-$/)
    await expectClean(world)
  })

  it('answers too late: the first connection has got there, and goes on', async () => {
    const odd: Odd = ({ isRange }) => (isRange ? { silentTo: 1400 * kibibyte } : undefined)
    const world = await start({ odd })
    const { store, descriptor, seen } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.ranges).toEqual(['all', expect.stringMatching(/-\d+$/), expect.stringMatching(/-\d+$/)])
    await expectClean(world)
  })

  it('cuts every segment: each goes on where it was', async () => {
    const world = await start({ odd: ({ isRange }) => (isRange ? { cutAfter: 2 * piece } : undefined) })
    const { store, descriptor, seen } = world
    expect(await digestFrom(await store.fetch(descriptor))).toBe(descriptor.digest)
    expect(seen.moved).toBeLessThanOrEqual(descriptor.size + 8 * piece)
    await expectClean(world)
  })

  it('fails as ever where it is gone for good', async () => {
    const world = await start({ odd: ({ number }) => (number > 8 ? { status: 404 } : undefined) })
    await expect(digestFrom(await world.store.fetch(world.descriptor))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expectClean(world)
  })
})

describe('memory and connections', () => {
  it('are bounded when nobody reads on', async () => {
    const world = await start()
    const { store, descriptor, downloads, seen } = world
    const body = lend(await store.fetch(descriptor))[Symbol.asyncIterator]()
    while (seen.ranges.length < 10) await body.next()
    await expect.poll(() => seen.open).toBe(0)
    expect(seen.moved).toBeLessThan(descriptor.size)
    expect(downloads.held).toBe(5 * 64 * kibibyte)
    await body.return?.()
    await expectClean(world)
  })

  it('are used again, but not while a part of one is out', async () => {
    const { store, descriptor, downloads } = await start()
    let out: ArrayBufferLike | undefined
    for await (const { buffer } of lend(await store.fetch(descriptor))) {
      // Only a segment is as large as that: the first connection reads into more.
      out = buffer.byteLength === rules.segment ? buffer : undefined
      if (out) break
    }
    expect(out).toBeDefined()
    expect(downloads.held).toBe(0)
    const taken = Array.from({ length: 10 }, () => downloads.take() ?? Buffer.alloc(0))
    expect(taken.map(({ buffer }) => buffer)).not.toContain(out)
    downloads.give(10, taken)
    expect(taken).toContain(downloads.take())
  })

  it('are bounded for all blobs together, and each comes to its end', async () => {
    const world = await start({ segments: 7, connections: 100 })
    const { store, descriptor, downloads, seen, habits } = world
    habits.connections = 5
    let most = 0
    const read = async () => {
      const hash = createHash('sha256')
      for await (const chunk of lend(await store.fetch(descriptor))) {
        most = Math.max(most, downloads.held)
        hash.update(chunk)
      }
      expect(`sha256:${hash.digest('hex')}`).toBe(descriptor.digest)
    }
    await Promise.all([read(), read(), read(), read()])
    expect(most).toBeLessThanOrEqual(7 * 64 * kibibyte)
    expect(most).toBeGreaterThan(5 * 64 * kibibyte)
    expect(seen.most).toBeLessThanOrEqual(4 + 7)
    await expectClean(world)
  })

  it.each<{ what: string; stop(body: Readable, abort: AbortController): void }>([
    { what: 'an abort', stop: (_, abort) => abort.abort(new Error('enough')) },
    { what: 'a reader that goes', stop: body => body.destroy(new Error('enough')) },
  ])('are given back at once by $what', async ({ stop }) => {
    const world = await start()
    const { store, descriptor, downloads } = world
    const abort = new AbortController()
    const body = await store.fetch(descriptor, { signal: abort.signal })
    const read = async () => {
      for await (const _ of lend(body)) if (downloads.connections === 5) stop(body, abort)
    }
    await expect(read()).rejects.toThrow()
    await expectClean(world)
  })
})
