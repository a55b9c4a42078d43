import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { readAll } from '../../src/http/body.ts'
import type { HttpResponse, RequestBody } from '../../src/http/http.ts'
import type { WireOptions } from '../../src/http/wire.ts'
import { ask, bodyOf, closing, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

/** A server that talks bytes, for what node:http would not send. */
async function startRaw(
  onSocket: (socket: Socket) => void,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return closing({
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise<void>(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  })
}

const recorder = async (...args: Parameters<typeof startRecorder>) => closing(await startRecorder(...args))

describe.each([
  ['the pump', true],
  ['got', false],
])('by %s:', (_, pump) => {
  const wireOf = (options: Partial<WireOptions> = {}) => testWire({ pump, ...options })

  describe('what is sent', () => {
    it.each([
      "/v2/a/blobs/uploads/1?_state=a%2Bb+c%20d=&x='y'",
      "/v2/a/blobs/uploads/1?X-Amz-Signature='(a)!*'&b=%7e~&c&=d",
      '/v2/a/tags/list?last=1.0|rc{1}^`"<>',
      '/v2/a/blobs/x%2Fy',
    ])('keeps %s to the letter', async path => {
      const server = await recorder()
      await ask(wireOf(), { url: `${server.url}${path}#fragment` })
      expect(server.requests[0]?.url).toBe(path)
    })

    it('names itself, and asks for bytes as they are', async () => {
      const server = await recorder()
      await ask(wireOf({ userAgent: 'regctl/1' }), { url: `${server.url}/`, headers: { accept: 'a/b' } })
      expect(server.requests[0]?.headers).toMatchObject({
        'user-agent': 'regctl/1',
        'accept-encoding': 'identity',
        accept: 'a/b',
      })
      expect(server.requests[0]?.headers).not.toHaveProperty('content-length')
    })

    it.each(['POST', 'PUT', 'PATCH'] as const)(
      'gives a %s without a body Content-Length: 0 (item 31)',
      async method => {
        const server = await recorder()
        await ask(wireOf(), { method, url: `${server.url}/` })
        expect(server.requests[0]?.headers['content-length']).toBe('0')
        expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding')
      },
    )

    it.each(['POST', 'PUT', 'PATCH'] as const)('gives a %s its length and its bytes', async method => {
      const server = await recorder()
      const body = bodyOf(Buffer.alloc(300_000, 'x'))
      await ask(wireOf(), { method, url: `${server.url}/`, body })
      expect(server.requests[0]?.headers['content-length']).toBe('300000')
      expect(server.requests[0]?.body.length).toBe(300_000)
    })

    it.each(['DELETE', 'HEAD'] as const)('sends %s', async method => {
      const server = await recorder((_, response) => response.writeHead(202).end())
      const { status } = await ask(wireOf(), { method, url: `${server.url}/` })
      expect([status, server.requests[0]?.method]).toEqual([202, method])
    })

    it.each([
      ['shorter', 5, 'ended after 3 of 5 bytes'],
      ['longer', 2, 'is longer than its 2 bytes'],
    ])('fails when the body is %s than promised', async (_, size, sentence) => {
      const server = await recorder()
      const body = { size, open: async () => Readable.from([Buffer.from('abc')]) }
      await expect(ask(wireOf(), { method: 'PUT', url: `${server.url}/`, body })).rejects.toMatchObject({
        code: 'CONTENT_MISMATCH',
        message: expect.stringContaining(sentence),
      })
    })

    it('fails with what the body itself failed with', async () => {
      const server = await recorder()
      const broken = new Error('source broke')
      const body = {
        size: 5,
        open: async () =>
          Readable.from(
            (async function* () {
              yield Buffer.from('ab')
              throw broken
            })(),
          ),
      }
      await expect(ask(wireOf(), { method: 'PUT', url: `${server.url}/`, body })).rejects.toBe(broken)
    })

    it.each(['ftp://host/', 'nonsense', 'http://user:canary@host/'])('refuses the address %s', async url => {
      const failed = await ask(wireOf(), { url }).catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: 'REFUSED' })
      expect(String(failed)).not.toContain('canary')
    })
  })

  describe('what comes back', () => {
    it('leaves redirects, statuses, encodings and cookies to others', async () => {
      const server = await recorder((request, response) => {
        if (request.url === '/gzip')
          response.writeHead(200, { 'content-encoding': 'gzip', 'set-cookie': 'a=b' }).end('raw')
        else response.writeHead(302, { location: '/gzip' }).end()
      })
      const send = wireOf()
      expect(await ask(send, { url: `${server.url}/go` })).toMatchObject({ status: 302, url: `${server.url}/go` })
      expect(await ask(send, { url: `${server.url}/gzip` })).toMatchObject({ status: 200, text: 'raw' })
      await ask(send, { url: `${server.url}/gzip` })
      expect(server.requests[2]?.headers).not.toHaveProperty('cookie')
    })

    it.each([500, 429, 404])('hands over a %i once, without trying again', async status => {
      const server = await recorder((_, response) => response.writeHead(status).end('no'))
      expect(await ask(wireOf(), { url: `${server.url}/` })).toMatchObject({ status, text: 'no' })
      expect(server.requests).toHaveLength(1)
    })

    it('uses one connection for one request after the other, HEAD and empty answers included', async () => {
      const server = await recorder((_, response) => response.writeHead(201, { 'content-length': 0 }).end())
      const send = wireOf()
      for (const method of ['HEAD', 'PUT', 'GET', 'DELETE', 'POST'] as const) {
        const { body } = await send({ method, url: `${server.url}/`, bulk: true })
        if (method === 'GET') body.resume()
        await expect.poll(() => body.closed).toBe(true)
      }
      expect(server.connections()).toBe(1)
    })

    it('takes headers beyond the 16 KiB Node stops at', async () => {
      const server = await recorder((_, response) => response.writeHead(200, { link: 'x'.repeat(40_000) }).end())
      expect((await ask(wireOf(), { url: `${server.url}/` })).headers.link).toHaveLength(40_000)
    })

    it('does not take the process down when a body breaks that nobody reads', async () => {
      const server = await startRaw(socket => {
        socket.once('data', () =>
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => socket.destroy()),
        )
      })
      const response = await wireOf()({ method: 'GET', url: server.url })
      await new Promise(resolve => setTimeout(resolve, 50))
      await expect(readAll(response, 100)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    })
  })

  describe('an upload that is refused before it is read', () => {
    it.each([401, 413, 307])('delivers the %i and its words although the server hangs up', async status => {
      const server = await startRaw(socket => {
        socket.once('data', () => {
          const headers = `HTTP/1.1 ${status} No\r\nContent-Length: 7\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\n`
          socket.write(`${headers}refused`, () => socket.destroy())
        })
      })
      const body = bodyOf(Buffer.alloc(64 * 1024 * 1024))
      const answer = await ask(wireOf(), { method: 'PUT', url: server.url, body })
      expect(answer).toMatchObject({ status, text: 'refused', headers: { 'www-authenticate': 'Basic' } })
    })

    it('keeps the words for a reader who comes after the connection broke, cut off as they may be', async () => {
      const gone: Promise<void>[] = []
      const server = await startRaw(socket => {
        gone.push(new Promise(resolve => socket.once('close', () => resolve())))
        socket.once('data', () => {
          socket.write('HTTP/1.1 401 No\r\nContent-Length: 70\r\n\r\nrefused', () => socket.destroy())
        })
      })
      const body = bodyOf(Buffer.alloc(64 * 1024 * 1024))
      const response = await wireOf()({ method: 'PUT', url: server.url, body })
      await Promise.all(gone)
      await new Promise(resolve => setTimeout(resolve, 50))
      expect((await readAll(response, 100)).toString()).toBe('refused')
    })

    it('closes that connection, and does not use it again', async () => {
      const closed: boolean[] = []
      const server = await startRaw(socket => {
        socket.once('close', () => closed.push(true))
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno', () => setTimeout(() => socket.resume(), 20))
        })
      })
      const send = wireOf()
      for (let turn = 1; turn <= 2; turn++) {
        const answer = await ask(send, { method: 'PUT', url: server.url, body: bodyOf(Buffer.alloc(8 * 1024 * 1024)) })
        expect(answer).toMatchObject({ status: 401, text: 'no' })
        await expect.poll(() => closed).toHaveLength(turn)
      }
    })

    it('leaves the rest of the body unread', async () => {
      const server = await startRaw(socket =>
        socket.once('data', () => socket.write('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n')),
      )
      let read = 0
      const pieces = function* () {
        for (; read < 4096; read++) yield Buffer.alloc(64 * 1024)
      }
      const source = Readable.from(pieces())
      const body = { size: 4096 * 64 * 1024, open: async () => source }
      expect((await ask(wireOf(), { method: 'PUT', url: server.url, body })).status).toBe(413)
      expect(source.destroyed).toBe(true)
      expect(read).toBeLessThan(4096)
    })
  })

  describe('an upload that is said to be done before it was read', () => {
    const done = 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'
    const size = 32 * 1024 * 1024
    const put = (url: string, body: RequestBody = bodyOf(Buffer.alloc(size))) => ({ method: 'PUT' as const, url, body })

    it('is done when all of it was taken', async () => {
      let read = 0
      const server = await startRaw(socket => {
        socket.once('data', () => socket.write(done))
        socket.on('data', bytes => {
          read += bytes.length
        })
      })
      const { status } = await ask(wireOf(), put(server.url))
      expect(status).toBe(201)
      await vi.waitFor(() => expect(read).toBeGreaterThan(size))
    })

    it.each([
      ['hangs up', (socket: Socket) => socket.end(done, () => socket.destroy())],
      ['takes no more', (socket: Socket) => socket.pause().write(done)],
    ])('is not when the server %s', async (_, answer) => {
      const server = await startRaw(socket => socket.once('data', () => answer(socket)))
      await expect(ask(wireOf({ stallTimeout: 200 }), put(server.url))).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:UNREACHABLE|STALLED)$/),
      })
    })

    it('fails with what its source fails with then', async () => {
      let fail = () => {}
      const server = await startRaw(socket => socket.once('data', () => socket.write(done, () => setTimeout(fail, 20))))
      const pieces = async function* () {
        yield Buffer.alloc(1000)
        await new Promise<void>(resolve => {
          fail = resolve
        })
        throw new Error('the source is bad')
      }
      const body = { size: 2000, open: async () => Readable.from(pieces()) }
      await expect(ask(wireOf(), put(server.url, body))).rejects.toThrow('the source is bad')
    })

    it('leaves the way free for the next request', async () => {
      const server = await startRaw(socket =>
        socket.on('data', bytes => {
          if (bytes.includes('PUT / HTTP')) socket.write(done)
        }),
      )
      const send = wireOf()
      for (const _ of [1, 2]) expect((await ask(send, put(server.url))).status).toBe(201)
    })
  })

  describe('what breaks', () => {
    const failing = async (url: string, options = {}) => {
      const error: unknown = await ask(wireOf(options), {
        url,
        headers: { authorization: 'Bearer canary-token' },
      }).catch((failure: unknown) => failure)
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('canary-token')
      return error
    }

    it('says which host refused the connection', async () => {
      const { url, close } = await startRecorder()
      await close()
      expect(await failing(url)).toMatchObject({
        code: 'UNREACHABLE',
        message: `${new URL(url).host} refused the connection`,
        hint: expect.stringContaining('port'),
      })
    })

    it('says which name does not exist', async () => {
      const lookup = (_: string, __: unknown, callback: (error: Error, address: string, family: number) => void) =>
        callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0)
      expect(await failing('http://registry.invalid/', { lookup })).toMatchObject({
        code: 'UNREACHABLE',
        message: 'there is no host named registry.invalid',
      })
    })

    it.each([
      ['hangs up before an answer', (socket: Socket) => socket.end(), /closed the connection/],
      ['speaks something else', (socket: Socket) => socket.end('SSH-2.0-OpenSSH\r\n'), /does not speak HTTP/],
      [
        'breaks off in a body',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
        /before the whole answer/,
      ],
      [
        'breaks off between chunks',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
        /before the whole answer/,
      ],
    ])('tells of a server that %s', async (_, reply, message) => {
      const server = await startRaw(socket => socket.once('data', () => reply(socket)))
      expect(await failing(server.url)).toMatchObject({ code: 'UNREACHABLE', message: expect.stringMatching(message) })
    })

    it.each([
      ['answers never', '', { headerTimeout: 100 }, 'did not answer'],
      [
        'stops in the middle of a body',
        'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
        { stallTimeout: 100 },
        'sent nothing',
      ],
    ])('T12: gives up on a server that %s', async (_, reply, timeout, sentence) => {
      const server = await startRaw(socket => socket.once('data', () => socket.write(reply)))
      expect(await failing(server.url, timeout)).toMatchObject({
        code: 'STALLED',
        message: expect.stringContaining(sentence),
      })
    })

    it.each([
      ['a short body', 1000, 100],
      ['no body', 0, 500],
    ])('waits for the answer to a PUT with %s for so long', async (_, size, milliseconds) => {
      const server = await startRaw(socket => socket.resume())
      const waits = vi.spyOn(globalThis, 'setTimeout')
      const put = { method: 'PUT' as const, url: server.url, body: size ? bodyOf(Buffer.alloc(size)) : undefined }
      await expect(ask(wireOf({ headerTimeout: 100 }), put)).rejects.toMatchObject({ code: 'STALLED' })
      const asked = waits.mock.calls.map(([, wait]) => Math.round(wait ?? 0))
      waits.mockRestore()
      expect(asked).toContain(milliseconds)
    })

    it('gives up on a server that takes no more of an upload', async () => {
      const server = await startRaw(socket => socket.pause())
      const body = bodyOf(Buffer.alloc(64 * 1024 * 1024))
      await expect(ask(wireOf({ stallTimeout: 100 }), { method: 'PUT', url: server.url, body })).rejects.toMatchObject({
        code: 'STALLED',
        message: expect.stringContaining('took nothing'),
      })
    })

    it('gives up on a connection that does not come about', async () => {
      const lookup = () => {}
      expect(await failing('http://slow.test/', { lookup, connectTimeout: 100 })).toMatchObject({ code: 'UNREACHABLE' })
    })

    it('does not take a slow reader for a stall', async () => {
      const server = await recorder((_, response) => response.end(Buffer.alloc(4 * 1024 * 1024)))
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        const response = await wireOf({ stallTimeout: 50 })({ method: 'GET', url: server.url })
        vi.advanceTimersByTime(60_000)
        expect((await readAll(response, 8 * 1024 * 1024)).length).toBe(4 * 1024 * 1024)
      } finally {
        vi.useRealTimers()
      }
    })
  })

  describe('an abort', () => {
    const reason = new Error('enough')

    it('comes before anything is sent', async () => {
      const server = await recorder()
      await expect(ask(wireOf(), { url: server.url, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      expect(server.connections()).toBe(0)
    })

    it.each([
      ['while waiting for the answer', ''],
      ['while reading the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
    ])('ends everything %s', async (_, reply) => {
      const abort = new AbortController()
      let closed = false
      const server = await startRaw(socket => {
        socket.once('close', () => {
          closed = true
        })
        socket.once('data', () => socket.write(reply, () => setTimeout(() => abort.abort(reason), 20)))
      })
      await expect(ask(wireOf(), { url: server.url, signal: abort.signal })).rejects.toBe(reason)
      await expect.poll(() => closed).toBe(true)
    })

    it('ends an upload and its source', async () => {
      const abort = new AbortController()
      const server = await startRaw(socket => {
        socket.pause()
        setTimeout(() => abort.abort(reason), 20)
      })
      let read = 0
      const pieces = function* () {
        for (; read < 4096; read++) yield Buffer.alloc(64 * 1024)
      }
      const source = Readable.from(pieces())
      const body = { size: 4096 * 64 * 1024, open: async () => source }
      await expect(ask(wireOf(), { method: 'PUT', url: server.url, body, signal: abort.signal })).rejects.toBe(reason)
      expect(source.destroyed).toBe(true)
      expect(read).toBeLessThan(4096)
    })

    it('ends a body that nobody has begun to read', async () => {
      const server = await recorder((_, response) => response.end(Buffer.alloc(4 * 1024 * 1024)))
      const abort = new AbortController()
      const response: HttpResponse = await wireOf()({ method: 'GET', url: server.url, signal: abort.signal })
      abort.abort(reason)
      await expect(readAll(response, 1e9)).rejects.toBe(reason)
    })
  })
})
