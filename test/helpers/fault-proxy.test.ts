import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultProxy, type Rule, startFaultProxy } from './fault-proxy.ts'
import type { LocationForm } from './faults.ts'
import * as faults from './faults.ts'
import { type Recorder, startRecorder } from './recorder.ts'

const body = Buffer.alloc(300_000, 'abc')
let backend: Recorder
let proxy: FaultProxy
beforeEach(async () => {
  backend = await startRecorder((request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.setHeader('location', '/v2/a/blobs/uploads/one?state=a%2B')
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from, etag: '"e"' })
    response.end(request.method === 'HEAD' ? undefined : body.subarray(from))
  })
})
afterEach(() => Promise.all([proxy.close(), backend.close()]))

const blob = '/v2/a/blobs/sha256:1'
const upload = '/v2/a/blobs/uploads/one'
async function start(...rules: Rule[]) {
  proxy = await startFaultProxy(backend.host, rules)
  return (path: string, init?: RequestInit) => fetch(`http://${proxy.host}${path}`, init)
}

describe('the fault proxy', () => {
  it('passes everything on as it is, and counts both ways', async () => {
    const ask = await start()
    const response = await ask(`${blob}?x=%2B`, { method: 'PUT', body: new Uint8Array(body) })
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
    expect(backend.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`PUT ${blob}?x=%2B`])
    expect(backend.requests[0]?.body.equals(body)).toBe(true)
    expect(proxy.log).toEqual([
      { method: 'PUT', path: `${blob}?x=%2B`, kind: 'blob', status: 200, up: body.length, down: body.length },
    ])
    expect(proxy.moved()).toBe(2 * body.length)
  })

  it('strikes as often as its rule says, and after so many', async () => {
    const ask = await start({ on: 'GET blob', skip: 1, times: 2, fault: faults.answer(503, { retryAfter: 1 }) })
    const statuses: number[] = []
    for (let turn = 0; turn < 5; turn++) statuses.push((await ask(blob)).status)
    expect(statuses).toEqual([200, 503, 503, 200, 200])
    expect(proxy.count('GET blob')).toBe(5)
  })

  it.each([0, 1, 100_000, 299_999, 300_000])('cuts an answer after %i bytes', async after => {
    const ask = await start({ on: 'GET blob', fault: faults.cutResponse(after) })
    const response = await ask(blob)
    const read = response.arrayBuffer().then(
      () => 'whole',
      () => 'broken',
    )
    expect(await read).toBe(after < body.length ? 'broken' : 'whole')
    expect(proxy.log[0]).toMatchObject({ status: 200, down: after })
  })

  it.each([0, 1, 100_000, 299_999])('cuts a request after %i bytes: the registry gets no more', async after => {
    const ask = await start({ on: 'PUT upload', fault: faults.cutRequest(after) })
    await expect(ask(upload, { method: 'PUT', body: new Uint8Array(body) })).rejects.toThrow()
    expect(proxy.log[0]).toMatchObject({ status: 0, up: after })
    expect(backend.requests.length).toBe(0)
  })

  it('changes one byte', async () => {
    const ask = await start({ on: 'GET blob', fault: faults.corruptResponse(100_000) })
    const wrong = Buffer.from(await (await ask(blob)).arrayBuffer())
    const differing = [...wrong.keys()].filter(at => wrong[at] !== body[at])
    expect(differing).toEqual([100_000])
  })

  it('stalls for ever until its reader goes, and for a time', async () => {
    const stalls = { on: 'GET blob', times: 1, fault: faults.stallResponse(10) } as const
    const ask = await start(stalls, { on: 'GET blob', fault: faults.stallResponse(10, 50) })
    const gone = new AbortController()
    const reading = (await ask(blob, { signal: gone.signal })).arrayBuffer()
    gone.abort()
    await expect(reading).rejects.toThrow()
    expect((await (await ask(blob)).arrayBuffer()).byteLength).toBe(body.length)
  })

  it('hangs up before the registry hears of it, or after', async () => {
    const ask = await start(
      { on: 'PUT upload', times: 1, fault: faults.hangUp },
      { on: 'PUT upload', fault: faults.loseAnswer },
    )
    await expect(ask(upload, { method: 'PUT', body: 'abc' })).rejects.toThrow()
    expect(backend.requests).toHaveLength(0)
    await expect(ask(upload, { method: 'PUT', body: 'abc' })).rejects.toThrow()
    expect(backend.requests).toHaveLength(1)
  })

  it('refuses connections while it is away, and comes back', async () => {
    const ask = await start({ on: 'GET blob', times: 1, fault: faults.away(200) })
    await expect(ask(blob)).rejects.toThrow()
    await expect(ask(blob)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await expect
      .poll(
        () =>
          ask(blob).then(
            response => response.status,
            () => 0,
          ),
        { timeout: 5000 },
      )
      .toBe(200)
  })

  it.each([
    ['absolute', 'http://HOST/v2/a/blobs/uploads/one?state=a%2B'],
    ['path', '/v2/a/blobs/uploads/one?state=a%2B'],
    ['relative', 'one?state=a%2B'],
    ['query', '/v2/a/blobs/uploads/one?state=a%2B&x=a%2Bb%20c+d==&turn=1'],
  ] satisfies [LocationForm, string][])('writes Location as %s', async (form, expected) => {
    const ask = await start({ on: 'POST uploads', fault: faults.writeLocation(form) })
    const response = await ask('/v2/a/blobs/uploads/?mount=1', { method: 'POST' })
    expect(response.headers.get('location')).toBe(expected.replace('HOST', proxy.host))
  })

  it('takes the newest Location alone where each answer has another', async () => {
    const ask = await start({ on: '* upload', fault: faults.writeLocation('query') })
    await ask(upload)
    await ask(`${upload}?turn=1`)
    expect((await ask(`${upload}?turn=1`)).status).toBe(404)
    expect((await ask(`${upload}?turn=2`)).status).toBe(200)
  })

  it('loses a session for good', async () => {
    const ask = await start({ on: 'PUT upload', times: 1, fault: faults.loseSession })
    expect((await ask(upload, { method: 'PUT' })).status).toBe(404)
    expect((await ask(`${upload}?digest=x`)).status).toBe(404)
    expect((await ask('/v2/a/blobs/uploads/two')).status).toBe(200)
  })

  it.each([
    ['ignores Range', faults.ignoreRange, { status: 200, down: body.length }],
    ['passes Range on', {}, { status: 206, down: body.length - 100 }],
    ['tells another status', faults.restate(202), { status: 202 }],
    ['redirects', faults.redirect, { status: 307, down: 0 }],
  ])('%s', async (_what, fault, expected) => {
    const ask = await start({ on: 'GET blob', path: /^[^?]*$/, fault })
    await (await ask(blob, { headers: { range: 'bytes=100-' }, redirect: 'manual' })).arrayBuffer()
    expect(proxy.log[0]).toMatchObject(expected)
  })

  it('ends a body with its connection alone, or with chunks', async () => {
    const ask = await start(
      { on: 'GET blob', times: 1, fault: faults.endless },
      { on: 'GET blob', fault: faults.dropLength },
    )
    for (const encoding of [null, 'chunked']) {
      const { headers, bytes }: { headers: Headers; bytes: number } = await raw(blob)
      expect(headers.get('transfer-encoding')).toBe(encoding)
      expect(headers.has('content-length')).toBe(false)
      expect(bytes).toBeGreaterThanOrEqual(body.length)
    }
    expect((await (await ask(blob)).arrayBuffer()).byteLength).toBe(body.length)
  })
})

/** One GET by a bare socket, to the end of the connection. */
async function raw(path: string): Promise<{ headers: Headers; bytes: number }> {
  const socket = connect(Number(proxy.host.split(':')[1]), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const lines = text.slice(0, end).split('\r\n').slice(1)
  return { headers: new Headers(lines.map(line => line.split(': ') as [string, string])), bytes: text.length - end - 4 }
}
