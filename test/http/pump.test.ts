import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { readAll } from '../../src/http/body.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/http.ts'
import { LentBody, lend } from '../../src/http/lent.ts'
import { ResponseBody } from '../../src/http/response-body.ts'
import { createWire, type WireOptions } from '../../src/http/wire.ts'
import { makeCa } from '../helpers/certs.ts'
import { ask, bodyOf, closing, testWire } from '../helpers/http-send.ts'
import { onHeads, type RawServer, startRaw } from '../helpers/raw.ts'

const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`

const inChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'

/** Answers each request in turn by what stands for it, the last one for ever. */
function answering(...answers: (string | Buffer)[]): Promise<RawServer & { heads: string[] }> {
  const heads: string[] = []
  return startRaw(socket =>
    onHeads(socket, head => {
      const bytes = answers[Math.min(heads.length, answers.length - 1)] ?? ''
      heads.push(head)
      socket.write(bytes)
    }),
  ).then(server => Object.assign(server, { heads }))
}

const bulk = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  bulk: true,
  ...more,
})
const fetchBody = (options: Partial<WireOptions>, url: string, more: Partial<HttpRequest> = {}) =>
  testWire(options)(bulk(url, more))

async function hashOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

describe('a connection that is used again', () => {
  it('is not cut by a body from before that is let go late', async () => {
    let said = ''
    const server = await startRaw(socket =>
      socket.on('data', bytes => {
        said += bytes.toString('latin1')
        if (/^GET .*\r\n\r\n$|abcd$/s.test(said)) socket.write(ok('done'))
      }),
    )
    const send = testWire()
    // All of it has come, and nobody took any.
    const first = await send(bulk(server.url))
    said = ''
    let rest = () => {}
    const body = async function* () {
      yield Buffer.from('ab')
      await new Promise<void>(resolve => {
        rest = resolve
      })
      yield Buffer.from('cd')
    }
    const put: HttpRequest = {
      method: 'PUT',
      url: server.url,
      body: { open: async () => Readable.from(body()), size: 4 },
    }
    const second = ask(send, put)
    await expect.poll(() => said).toMatch(/ab$/)
    first.body.destroy()
    rest()
    expect(await second).toMatchObject({ status: 200, text: 'done' })
    expect(server.connections()).toBe(1)
  })
})

it('the end of a head is seen wherever it was cut', async () => {
  const server = await startRaw(socket =>
    onHeads(socket.setNoDelay(true), async () => {
      for (const part of ['HTTP/1.1 200 OK\r\nContent-Length: 1\r', '\n\r', '\nx']) {
        socket.write(part)
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    }),
  )
  const { body } = await fetchBody({ headerTimeout: 20_000 }, server.url)
  expect(body).toBeInstanceOf(LentBody)
  expect(await hashOf(lend(body))).toBe(createHash('sha256').update('x').digest('hex'))
})

describe('a GET by the pump', () => {
  it('says what the wire says, and as it was given', async () => {
    const server = await answering(ok('bytes'))
    const headers = { range: 'bytes=5-', authorization: 'Bearer x' }
    const response = await fetchBody({}, `${server.url}/v2/a%2Fb?x='y'&z=%7e#f`, { headers })
    expect(response.body).toBeInstanceOf(LentBody)
    expect((await readAll(response, 10)).toString()).toBe('bytes')
    const [line, ...rest] = server.heads[0]?.split('\r\n') ?? []
    expect(line).toBe("GET /v2/a%2Fb?x='y'&z=%7e HTTP/1.1")
    expect(rest.map(header => header.toLowerCase()).toSorted()).toEqual(
      [
        'accept-encoding: identity',
        'authorization: bearer x',
        'connection: keep-alive',
        `host: 127.0.0.1:${server.port}`,
        'range: bytes=5-',
        'user-agent: regctl-test',
      ].toSorted(),
    )
    expect(response).toMatchObject({ status: 200, remoteAddress: '127.0.0.1' })
  })

  it.each([
    ['a header that would split the request', { 'x-a': 'b\r\nx-c: d' }],
    ['a name that would', { 'x-a: b\r\nx-c': 'd' }],
  ])('never sends %s', async (_, headers) => {
    const server = await answering(ok(''))
    await expect(fetchBody({}, server.url, { headers })).rejects.toThrow()
    expect(server.heads).toEqual([])
  })

  it.each([
    ['Connection', 'close'],
    ['host', 'other.test'],
  ])(
    'leaves a request that says something of %s to the ordinary client, whose business that is',
    async (name, value) => {
      const server = await answering(ok('x'))
      const { body } = await fetchBody({}, server.url, { headers: { [name]: value } })
      expect(body).toBeInstanceOf(ResponseBody)
      body.resume()
      expect((await fetchBody({}, server.url)).body).not.toBeInstanceOf(ResponseBody)
    },
  )

  it.each([401, 307, 404, 500])('hands over a plain %i with its words', async status => {
    const server = await answering(`HTTP/1.1 ${status} x\r\nContent-Length: 2\r\nLocation: /x\r\n\r\nno`)
    expect(await ask(testWire(), bulk(server.url))).toMatchObject({ status, text: 'no', headers: { location: '/x' } })
    expect(server.heads).toHaveLength(1)
  })

  it.each([
    ['a body until the end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nodd\r\n0\r\n\r\n'],
    ['early hints', `HTTP/1.1 103 Hints\r\n\r\n${ok('odd')}`],
    ['more than was asked for', `${ok('odd')}${ok('more')}`],
  ])('leaves %s to the ordinary client, and remembers that for the server', async (_, answer) => {
    const server = await answering(answer)
    const send = testWire()
    for (const requests of [2, 3]) {
      expect((await ask(send, bulk(server.url))).text).toBe('odd')
      expect(server.heads).toHaveLength(requests)
    }
  })

  it.each([
    ['T12: headers without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, 'more headers than 64 KiB'],
    ['another language', 'SSH-2.0-OpenSSH\r\n\r\n', 'does not speak HTTP'],
    ['smuggling: two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${ok('abc').slice(17)}`, 'does not speak HTTP'],
  ])('leaves %s to the ordinary client to judge', async (_, answer, sentence) => {
    const server = await answering(answer)
    await expect(ask(testWire(), bulk(server.url))).rejects.toMatchObject({
      message: expect.stringContaining(sentence),
    })
  })

  it.each([
    ['a GET', { method: 'GET' }, true],
    ['a HEAD', { method: 'HEAD' }, true],
    ['a PUT', { method: 'PUT' }, true],
    ['the POST of an upload', { method: 'POST', bulk: true }, true],
    ['the PATCH of an upload', { method: 'PATCH', bulk: true }, true],
    ['any other POST', { method: 'POST' }, false],
    ['a DELETE', { method: 'DELETE' }, false],
  ] as const)('is asked for %s: %s, %s', async (_, request, isByPump) => {
    const server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    for (const pump of [true, false]) {
      const { body } = await testWire({ pump })({ ...request, url: server.url })
      expect(body instanceof ResponseBody).toBe(!(isByPump && pump))
      body.resume()
    }
  })

  it.each(['PUT', 'POST', 'PATCH'] as const)('never sends a %s twice because its answer is odd', async method => {
    const server = await answering('HTTP/1.0 201 Created\r\n\r\n')
    const send = testWire()
    const request = bulk(server.url, { method, body: bodyOf('content') })
    await expect(send(request)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('plain HTTP/1.1'),
    })
    expect(server.heads).toHaveLength(1)
  })
})

describe('connections', () => {
  it('carry one body after the other, whatever its size', async () => {
    const big = randomBytes(3_000_000)
    const server = await answering(
      ok('one'),
      ok(''),
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n`), big]),
      ok('four'),
    )
    const send = testWire()
    const texts: string[] = []
    for (let index = 0; index < 4; index++)
      texts.push((await readAll(await send(bulk(server.url)), 1e7)).toString('latin1'))
    expect(texts).toEqual(['one', '', big.toString('latin1'), 'four'])
    expect(server.connections()).toBe(1)
  })

  it.each([
    ['that the server closes', ok('x', 'Connection: close\r\n')],
    ['on which more came than was asked for', `${ok('x')}HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad`],
    ['on which more came behind the last chunk', `${inChunks}HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad`],
    ['that the server keeps for no time', ok('x', 'Keep-Alive: timeout=1\r\n')],
  ])('%s are not used again', async (_, answer) => {
    const server = await answering(answer)
    const send = testWire()
    for (let turns = 0; turns < 3; turns++) expect((await ask(send, bulk(server.url))).text).toBe('x')
    expect(server.connections()).toBeGreaterThanOrEqual(3)
  })

  it("that spoke unasked are not used again: what was said is nobody's answer", async () => {
    const sockets: Socket[] = []
    const server = await startRaw(socket => {
      sockets.push(socket)
      onHeads(socket, () => socket.write(ok('x')))
    })
    const send = testWire()
    for (let turns = 0; turns < 3; turns++) {
      expect((await ask(send, bulk(server.url))).text).toBe('x')
      sockets.at(-1)?.write(ok('poison'))
      await expect.poll(() => sockets.at(-1)?.closed).toBe(true)
    }
    expect(server.connections()).toBe(3)
  })

  it('that went stale are replaced without a word', async () => {
    // Breaks off the second request on each connection before a byte of an answer.
    const server = await startRaw(socket =>
      onHeads(socket, (_, index) => (index === 0 ? socket.write(ok('x')) : socket.resetAndDestroy())),
    )
    const send = testWire()
    for (let turns = 0; turns < 3; turns++) expect((await ask(send, bulk(server.url))).text).toBe('x')
    expect(server.connections()).toBe(3)
  })

  it('that went stale are an error for what may be sent only once', async () => {
    let asked = 0
    const server = await startRaw(socket =>
      onHeads(socket, (_, index) => {
        asked++
        if (index === 0) socket.write(ok(''))
        else socket.resetAndDestroy()
      }),
    )
    const send = testWire()
    const once = { method: 'PUT', url: server.url, bulk: true, once: true } as const
    await ask(send, once)
    await expect(ask(send, once)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(asked).toBe(2)
  })

  it('that are new and break at once are an error, once', async () => {
    const server = await startRaw(socket => onHeads(socket, () => socket.resetAndDestroy()))
    await expect(ask(testWire(), bulk(server.url))).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(server.connections()).toBe(1)
  })

  it('that broke off within a head are an error, not stale', async () => {
    const server = await startRaw(socket =>
      onHeads(socket, (_, index) => (index === 0 ? socket.write(ok('x')) : socket.end('HTTP/1.1 200 OK\r\n'))),
    )
    const send = testWire()
    await ask(send, bulk(server.url))
    await expect(ask(send, bulk(server.url))).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(server.connections()).toBe(1)
  })

  it('refused are told as the wire tells it', async () => {
    const server = await startRaw(() => {})
    await server.close()
    await expect(fetchBody({}, server.url)).rejects.toMatchObject({
      message: expect.stringContaining('refused the connection'),
    })
  })

  it('come about by the second address when nobody is at the first', async () => {
    const server = await answering(ok('x'))
    const lookup: WireOptions['lookup'] = (_, options, callback) =>
      options.all
        ? callback(null, [
            { address: '::1', family: 6 },
            { address: '127.0.0.1', family: 4 },
          ])
        : callback(null, '127.0.0.1', 4)
    const response = await fetchBody({ lookup }, `http://both.test:${server.port}/`)
    expect(response.body).toBeInstanceOf(LentBody)
    expect((await readAll(response, 10)).toString()).toBe('x')
  })

  it('T2: to an address that a stranger named are refused when it is private', async () => {
    const lookup: WireOptions['lookup'] = (_, options, callback) =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)
    const server = await answering(ok('x'))
    const url = `http://cdn.test:${server.port}/`
    await expect(fetchBody({ lookup }, url, { publicOnly: true })).rejects.toMatchObject({ code: 'REFUSED' })
    expect(server.connections()).toBe(0)
    expect((await ask(testWire({ lookup }), bulk(url))).text).toBe('x')
  })
})

describe('connections opened ahead', () => {
  const wireOf = (options: Partial<WireOptions> = {}) => closing(createWire({ userAgent: 'test', ...options }))

  it('carry the requests that come', async () => {
    const server = await answering(ok('x'))
    const { send, prepare } = wireOf()
    await ask(send, bulk(server.url))
    prepare(server.url, 3)
    await expect.poll(() => server.connections()).toBe(3)
    const all = await Promise.all([1, 2, 3].map(() => ask(send, bulk(server.url))))
    expect(all.map(({ text }) => text)).toEqual(['x', 'x', 'x'])
    expect(server.connections()).toBe(3)
  })

  it('are taken while they come about, and replaced when they break first', async () => {
    let broken = 0
    const server = await startRaw(socket => {
      if (broken < 2) {
        broken++
        socket.resetAndDestroy()
      } else onHeads(socket, () => socket.write(ok('x')))
    })
    const { send, prepare } = wireOf()
    prepare(server.url, 2)
    expect((await ask(send, bulk(server.url))).text).toBe('x')
  })

  it.each([
    ['nobody is there', {}],
    ['a proxy is in between', { proxy: () => 'http://127.0.0.1:9' }],
    ['the pump is off', { pump: false }],
  ])('are no failure, or none, when %s', async (what, options) => {
    const server = await answering(ok('x'))
    if (what === 'nobody is there') await server.close()
    const { prepare } = wireOf(options)
    prepare(server.url, 2)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(server.connections()).toBe(0)
  })
})

describe('a body that breaks', () => {
  it('gives what came, and then says so', async () => {
    const server = await startRaw(socket =>
      onHeads(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')),
    )
    const { body } = await fetchBody({}, server.url)
    const seen: string[] = []
    const reading = (async () => {
      for await (const chunk of lend(body)) seen.push(chunk.toString())
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('before the whole answer'),
    })
    expect(seen.join('')).toBe('abc')
  })

  it('unread, takes nothing down', async () => {
    const server = await startRaw(socket =>
      onHeads(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')),
    )
    const response = await fetchBody({}, server.url)
    await new Promise(resolve => setTimeout(resolve, 50))
    await expect(readAll(response, 10)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it.each([
    ['never answers', '', { headerTimeout: 100 }, 'did not answer'],
    ['stops in a head', 'HTTP/1.1 200 OK\r\n', { headerTimeout: 100 }, 'did not answer'],
    ['stops in a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', { stallTimeout: 100 }, 'sent nothing'],
  ])('T12: by a server that %s', async (_, answer, timeout, sentence) => {
    const server = await answering(answer)
    await expect(ask(testWire(timeout), bulk(server.url))).rejects.toMatchObject({
      code: 'STALLED',
      message: expect.stringContaining(sentence),
    })
  })

  it('by a connection that never comes about', async () => {
    const lookup = () => {}
    await expect(fetchBody({ lookup, connectTimeout: 100 }, 'http://slow.test/')).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  it('is not one whose reader takes its time', async () => {
    const server = await answering(ok('x'.repeat(4_000_000)))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { body } = await fetchBody({ stallTimeout: 50 }, server.url)
      let size = 0
      for await (const chunk of lend(body)) {
        size += chunk.length
        vi.advanceTimersByTime(60_000)
      }
      expect(size).toBe(4_000_000)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('an abort', () => {
  const reason = new Error('enough')
  it.each([
    ['while connecting', undefined],
    ['while waiting for the answer', ''],
    ['while reading the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
  ])('ends everything %s', async (_, answer) => {
    const abort = new AbortController()
    const closed = vi.fn()
    const server = await startRaw(socket => {
      socket.once('close', closed)
      onHeads(socket, () => socket.write(answer ?? ''))
    })
    const options = answer === undefined ? { lookup: () => {} } : {}
    const url = answer === undefined ? 'http://slow.test/' : server.url
    setTimeout(() => abort.abort(reason), 50)
    await expect(ask(testWire(options), bulk(url, { signal: abort.signal }))).rejects.toBe(reason)
    if (answer !== undefined) await expect.poll(() => closed).toHaveBeenCalled()
  })

  it('ends a body that is lent', async () => {
    const abort = new AbortController()
    const server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    const { body } = await fetchBody({}, server.url, { signal: abort.signal })
    setTimeout(() => abort.abort(reason), 50)
    await expect(hashOf(lend(body))).rejects.toBe(reason)
  })

  it('that comes after the body leaves the connection to others', async () => {
    const abort = new AbortController()
    const server = await answering(ok('x'))
    const send = testWire()
    const response = await send(bulk(server.url, { signal: abort.signal }))
    await readAll(response, 10)
    abort.abort(reason)
    await ask(send, bulk(server.url))
    expect(server.connections()).toBe(1)
  })

  it('by leaving a body behind closes its connection', async () => {
    const closed = vi.fn()
    const server = await startRaw(socket => {
      socket.once('close', closed)
      onHeads(socket, () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n${'x'.repeat(500_000)}`))
    })
    const { body } = await fetchBody({}, server.url)
    for await (const _ of lend(body)) break
    await expect.poll(() => closed).toHaveBeenCalled()
  })
})

describe('memory', () => {
  it.each(['http', 'https'])('holds no more than two slabs of a body over %s that nobody reads', async scheme => {
    const ca = await makeCa()
    const size = 128 * 1024 * 1024
    const zeros = Buffer.alloc(65_536)
    let written = 0
    const server = await startRaw(
      socket =>
        onHeads(socket, async () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
          for (; written < size && !socket.destroyed; written += 65_536) {
            if (!socket.write(zeros)) await new Promise(resolve => socket.once('drain', resolve))
          }
        }),
      scheme === 'https' ? await ca.issue({ hosts: ['127.0.0.1'] }) : undefined,
    )
    const options = scheme === 'https' ? { tls: async () => ({ ca: [ca.cert] }) } : {}
    const before = process.memoryUsage().arrayBuffers
    const { body } = await fetchBody(options, server.url)
    await new Promise(resolve => setTimeout(resolve, 300))
    // The system holds up to 32 MiB of its own.
    expect(written).toBeLessThan(size)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 * 1024 * 1024)
    expect(await hashOf(lend(body))).toBe(createHash('sha256').update(Buffer.alloc(size)).digest('hex'))
  })

  it('that is lent is never overwritten while it is out, with many bodies and pauses', async () => {
    const contents = Array.from({ length: 12 }, () => randomBytes(2_500_000))
    const server = await startRaw(socket =>
      onHeads(socket, head => {
        const content = contents[Number(/^GET \/(\d+)/.exec(head)?.[1])] ?? Buffer.alloc(0)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`)
        socket.write(content)
      }),
    )
    const send = testWire()
    const copied = async (index: number) => {
      const hash = createHash('sha256')
      const { body } = await send(bulk(`${server.url}/${index}`))
      for await (const chunk of lend(body)) {
        const half = Math.floor(chunk.length / 2)
        hash.update(chunk.subarray(0, half))
        for (let pauses = Math.floor(Math.random() * 8); pauses > 0; pauses--) await turn()
        hash.update(chunk.subarray(half))
      }
      return hash.digest('hex')
    }
    for (let rounds = 0; rounds < 3; rounds++) {
      const hashes = await Promise.all(contents.map((_, index) => copied(index)))
      expect(hashes).toEqual(contents.map(content => createHash('sha256').update(content).digest('hex')))
    }
  })
})

describe('T20: TLS', () => {
  const lookup: WireOptions['lookup'] = (_, options, callback) =>
    options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)
  const serving = async (hosts: string[]) => {
    const ca = await makeCa()
    const names: unknown[] = []
    const server = await startRaw(
      socket => {
        names.push(Reflect.get(socket, 'servername'))
        onHeads(socket, () => {
          const peer: { subject?: { CN?: string } } = Reflect.apply(
            Reflect.get(socket, 'getPeerCertificate'),
            socket,
            [],
          )
          socket.write(ok(peer.subject?.CN ?? 'nobody'))
        })
      },
      { ...(await ca.issue({ hosts })), requestCert: true, rejectUnauthorized: false },
    )
    return { ca, server, names }
  }
  const code = (sending: Promise<HttpResponse>) =>
    sending.then(
      ({ status }) => status,
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    )

  it('verifies the name and the issuer, unless told not to', async () => {
    const { ca, server, names } = await serving(['registry.test'])
    const [right, wrong] = [`https://registry.test:${server.port}/`, `https://other.test:${server.port}/`]
    const tls = async () => ({ ca: [ca.cert] })
    expect(await code(fetchBody({ lookup, tls }, right))).toBe(200)
    expect(names).toEqual(['registry.test'])
    expect(await code(fetchBody({ lookup, tls }, wrong))).toMatch(/^TLS_FAILED: .* is for another name/)
    expect(await code(fetchBody({ lookup, tls }, server.url))).toMatch(/^TLS_FAILED: .* is for another name/)
    expect(await code(fetchBody({ lookup }, right))).toMatch(/^TLS_FAILED: .* nobody this machine trusts/)
    expect(await code(fetchBody({ lookup, tls: async () => ({ rejectUnauthorized: false }) }, wrong))).toBe(200)
  })

  it('verifies addresses, which are no server name', async () => {
    const { ca, server, names } = await serving(['127.0.0.1'])
    expect(await code(fetchBody({ tls: async () => ({ ca: [ca.cert] }) }, server.url))).toBe(200)
    expect(names).toEqual([false])
  })

  it('shows the client certificate of this origin and to no other', async () => {
    const [one, two] = [await serving(['127.0.0.1']), await serving(['127.0.0.1'])]
    const { cert, key } = await one.ca.issue({ hosts: ['client'], client: true })
    const send = testWire({
      tls: async origin =>
        origin === one.server.url ? { ca: [one.ca.cert], cert: [cert], key: [key] } : { ca: [two.ca.cert] },
    })
    for (const [{ server }, name] of [
      [one, 'client'],
      [two, 'nobody'],
      [one, 'client'],
    ] as const)
      expect((await ask(send, bulk(server.url))).text).toBe(name)
    expect([one.server.connections(), two.server.connections()]).toEqual([1, 1])
  })

  it('says when a server speaks plain HTTP', async () => {
    const server = await startRaw(socket => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    expect(await code(fetchBody({}, server.url.replace('http:', 'https:')))).toMatch(
      /^TLS_FAILED: .* speaks plain HTTP/,
    )
  })
})
