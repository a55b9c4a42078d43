import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { Open } from '../../src/model/content.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Checkpoint } from '../../src/store/store.ts'
import { testClient } from '../helpers/client.ts'
import { type FaultProxy, type Rule, startFaultProxy } from '../helpers/fault-proxy.ts'
import { answer, cutRequest } from '../helpers/faults.ts'
import { openBytes, randomBlob } from '../helpers/images.ts'
import { startServer, type TestServer, type TestServerOptions } from '../helpers/server.ts'

let server: TestServer | undefined
let way: FaultProxy | undefined
afterEach(async () => {
  await way?.close()
  await server?.close()
})

const mebibyte = 1024 * 1024

/** @param rules what goes wrong on the way to the server */
async function start({ rules, ...options }: TestServerOptions & { rules?: readonly Rule[] } = {}) {
  server = await startServer(options)
  way = rules ? await startFaultProxy(server.host, rules) : undefined
  const { store } = await (await testClient()).open(`${(way ?? server).host}/demo/app`, { write: true })
  return { server, store, methods: () => (way?.log ?? server?.requests)?.map(({ method }) => method).join(' ') }
}

/** Hangs up on the first bodies of a blob after it has let through that many bytes. */
function cutting(bytes: number, times: number): Rule[] {
  const cut = { times: 1, fault: cutRequest(bytes) }
  return [
    { on: 'PUT upload', ...cut },
    { on: 'PATCH upload', ...cut, times: times - 1 },
  ]
}

function memo(): Checkpoint & { at: string | undefined; cleared: number } {
  const memo = {
    at: undefined as string | undefined,
    cleared: 0,
    load: async () => memo.at,
    save: async (at: string) => {
      memo.at = at
    },
    clear: async () => {
      memo.at = undefined
      memo.cleared++
    },
  }
  return memo
}

/** Where an upload is that a run before has begun, and brought so far. */
async function begin({ url }: TestServer, sent: Buffer): Promise<string> {
  const opened = await fetch(`${url}/v2/demo/app/blobs/uploads/`, { method: 'POST' })
  const location = new URL(opened.headers.get('location') ?? '', url).href
  await fetch(location, {
    method: 'PATCH',
    headers: { 'content-type': 'application/octet-stream', 'content-range': `0-${sent.length - 1}` },
    body: Uint8Array.from(sent),
  })
  return location
}

describe('an upload that breaks', () => {
  it('goes on where the registry has got: asked by GET, continued by PATCH, closed by PUT', async () => {
    const { store, methods } = await start({ rules: cutting(3 * mebibyte, 1) })
    const { descriptor, bytes } = randomBlob(8 * mebibyte)
    const offsets: number[] = []
    const open = (offset = 0) => {
      offsets.push(offset)
      return openBytes(bytes)(offset)
    }
    expect(await store.push(descriptor, open)).toBe('pushed')
    expect(methods()).toBe('POST PUT GET PATCH PUT')
    expect(offsets[0]).toBe(0)
    // What was under way when it was cut may be lost.
    expect(offsets[1]).toBeGreaterThan(0)
    expect(offsets[1]).toBeLessThanOrEqual(3 * mebibyte)
    expect((await readVerified(store, descriptor, { cap: 1e8 })).equals(bytes)).toBe(true)
  })

  it('goes on again and again, as long as each attempt gets further', async () => {
    const { store } = await start({ rules: cutting(mebibyte, 6) })
    const { descriptor, bytes } = randomBlob(10 * mebibyte)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
    expect((await readVerified(store, descriptor, { cap: 1e8 })).equals(bytes)).toBe(true)
  })

  it('T11: refuses what the source gives differently the second time, and keeps nothing', async () => {
    const { store } = await start({ rules: cutting(3 * mebibyte, 1) })
    const { descriptor, bytes } = randomBlob(8 * mebibyte)
    const other = Buffer.from(bytes)
    other.fill(0, 7 * mebibyte)
    const open = (offset = 0) => openBytes(offset === 0 ? bytes : other)(offset)
    await expect(store.push(descriptor, open)).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
      message: expect.stringContaining(descriptor.digest),
    })
    expect(await store.stat(descriptor)).toBeUndefined()
  })

  it('starts that blob again where the registry cannot say, and stops asking to PATCH where that is refused', async () => {
    const refusing: Rule = { on: 'PATCH upload', fault: answer(405) }
    const { store, methods } = await start({ rules: [refusing, ...cutting(3 * mebibyte, 1)] })
    const { descriptor, bytes } = randomBlob(8 * mebibyte)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
    expect(methods()).toBe('POST PUT GET PATCH POST PUT')
  })
})

describe('a source that breaks', () => {
  it.each([
    ['when it is opened', async () => Promise.reject(new RegctlError('SERVER_FAILED', 'the source is down'))],
    [
      'in the middle',
      async () =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(1000)
            throw new RegctlError('UNREACHABLE', 'the source is down')
          })(),
          { objectMode: false },
        ),
    ],
  ])('%s ends the upload: it has tried all it could itself', async (_when, open: Open) => {
    const { store, server } = await start()
    const { descriptor } = randomBlob(8 * mebibyte)
    await expect(store.push(descriptor, open)).rejects.toThrow('the source is down')
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })
})

describe('a body that is too large for what stands between', () => {
  it('goes in chunks after a 413, and the next blob at once', async () => {
    const limit = 40 * mebibyte
    const { store, methods, server } = await start({
      wrap: handler => (req, res) => {
        if (Number(req.headers['content-length']) <= limit || !req.headers['content-length']) return handler(req, res)
        req.resume()
        res.writeHead(413).end()
      },
    })
    const first = randomBlob(50 * mebibyte)
    expect(await store.push(first.descriptor, openBytes(first.bytes))).toBe('pushed')
    expect(methods()).toBe('POST PUT GET POST PATCH PATCH PUT')
    server.requests.length = 0
    const second = randomBlob(45 * mebibyte)
    expect(await store.push(second.descriptor, openBytes(second.bytes))).toBe('pushed')
    expect(methods()).toBe('POST PATCH PATCH PUT')
    expect((await readVerified(store, second.descriptor, { cap: 1e8 })).equals(second.bytes)).toBe(true)
  })
})

describe('a registry that says how small a piece may be (item 31)', () => {
  it.each([
    [undefined, [4.5, 4.5]],
    ['6291456', [6, 3]],
    ['-1', [4.5, 4.5]],
  ])('%s', async (least, sizes) => {
    const { store, server } = await start({
      wrap: handler => (req, res) => {
        if (least !== undefined && req.method === 'POST') res.setHeader('oci-chunk-min-length', least)
        if (Number(req.headers['content-length']) <= 7 * mebibyte || !req.headers['content-length']) handler(req, res)
        else {
          req.resume()
          res.writeHead(413).end()
        }
      },
    })
    const { descriptor, bytes } = randomBlob(9 * mebibyte)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
    const pieces = server.requests.filter(({ method }) => method === 'PATCH')
    expect(pieces.map(({ headers }) => Number(headers['content-length']) / mebibyte)).toEqual(sizes)
  })
})

describe('a checkpoint', () => {
  it('is cleared when the blob is there, and is no harm when the upload is gone', async () => {
    const { store, server, methods } = await start()
    const { descriptor, bytes } = randomBlob(2 * mebibyte)
    const checkpoint = memo()
    checkpoint.at = `${server.url}/v2/demo/app/blobs/uploads/8c1c3f5e-0000-4000-8000-000000000000`
    expect(await store.push(descriptor, openBytes(bytes), { checkpoint })).toBe('pushed')
    expect(methods()).toBe('GET POST PUT')
    expect(checkpoint).toMatchObject({ at: undefined, cleared: 1 })
  })

  it('goes on from a checkpoint of an earlier run', async () => {
    const { store, methods, server } = await start()
    const { descriptor, bytes } = randomBlob(8 * mebibyte)
    const location = await begin(server, bytes.subarray(0, 5 * mebibyte))
    server.requests.length = 0
    const checkpoint = memo()
    checkpoint.at = location
    const offsets: number[] = []
    const open = (offset = 0) => {
      offsets.push(offset)
      return openBytes(bytes)(offset)
    }
    expect(await store.push(descriptor, open, { checkpoint })).toBe('pushed')
    expect(offsets).toEqual([5 * mebibyte])
    expect(methods()).toBe('GET PATCH PUT')
    expect((await readVerified(store, descriptor, { cap: 1e8 })).equals(bytes)).toBe(true)
  })

  it.each([
    ['in part', 5, 'GET PATCH PUT POST PUT'],
    ['whole', 8, 'GET PUT POST PUT'],
  ])('begins anew, once, where what is there %s is wrong', async (_, mebibytes, asked) => {
    const { store, methods, server } = await start()
    const { descriptor, bytes } = randomBlob(8 * mebibyte)
    const location = await begin(server, randomBlob(mebibytes * mebibyte).bytes)
    server.requests.length = 0
    const checkpoint = memo()
    checkpoint.at = location
    expect(await store.push(descriptor, openBytes(bytes), { checkpoint })).toBe('pushed')
    expect(methods()).toBe(asked)
    expect((await readVerified(store, descriptor, { cap: 1e8 })).equals(bytes)).toBe(true)
  })

  it('T3: goes nowhere that a tampered checkpoint points to', async () => {
    const { store } = await start()
    const { descriptor, bytes } = randomBlob(2 * mebibyte)
    const checkpoint = memo()
    checkpoint.at = 'http://user:pw@127.0.0.1:1/'
    expect(await store.push(descriptor, openBytes(bytes), { checkpoint })).toBe('pushed')
  })
})

describe('blobs on their way', () => {
  it('are uploaded once, however many ask (item 44)', async () => {
    const { store, server } = await start()
    const { descriptor, bytes } = randomBlob(mebibyte)
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => store.push(descriptor, openBytes(bytes))))
    expect(outcomes.sort()).toEqual(['present', 'present', 'present', 'present', 'pushed'])
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PUT'])
  })

  it('into another repository are mounted from where they were sent, at the same time or later', async () => {
    server = await startServer()
    const client = await testClient()
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map(name => client.open(`${server?.host}/demo/${name}`, { write: true })),
    )
    const { descriptor, bytes } = randomBlob(mebibyte)
    const push = (place = one) => place?.store.push(descriptor, openBytes(bytes))
    expect((await Promise.all([push(one), push(two)])).sort()).toEqual(['mounted', 'pushed'])
    expect(await push(three)).toBe('mounted')
    for (const place of [one, two, three]) expect(await place?.store.stat(descriptor)).toBeDefined()
    expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it('are the next one’s when the first fails', async () => {
    const { store } = await start()
    const { descriptor, bytes } = randomBlob(1000)
    const wrong = store.push(descriptor, openBytes(Buffer.alloc(1000)))
    const right = store.push(descriptor, openBytes(bytes))
    await expect(wrong).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(await right).toBe('pushed')
  })
})
