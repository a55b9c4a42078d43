import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { HttpRequest } from '../../src/http/http.ts'
import { LentBody } from '../../src/http/lent.ts'
import { Outgoing, pieceWriter } from '../../src/http/outgoing.ts'
import type { WireOptions } from '../../src/http/wire.ts'
import { ask, closing, testWire } from '../helpers/http-send.ts'
import { startRaw } from '../helpers/raw.ts'
import { startRecorder } from '../helpers/recorder.ts'

const put = (url: string, body: Readable, size: number, more: Partial<HttpRequest> = {}) =>
  ({ method: 'PUT', url, bulk: true, body: { size, open: async () => body }, ...more }) as const

/** Lends one memory again and again, filled anew as soon as it is given back. */
function refilling(chunks: number, size: number) {
  const memory = Buffer.alloc(size)
  const hash = createHash('sha256')
  const body = new LentBody(
    (async function* () {
      for (let index = 0; index < chunks; index++) {
        hash.update(memory.fill(index + 1))
        yield memory
        memory.fill(0)
      }
    })(),
    () => {},
  )
  return { body, hash }
}

describe.each([
  ['the pump', true],
  ['got', false],
])('by %s:', (_, pump) => {
  const wireOf = (options: Partial<WireOptions> = {}) => testWire({ pump, ...options })

  describe('a large body that is sent', () => {
    it.each([1, 70_000, 1_500_000])(
      'is out of lent memory (%i bytes a chunk) before that is used again',
      async size => {
        const server = closing(await startRecorder())
        const { body, hash } = refilling(7, size)
        await ask(wireOf(), put(`${server.url}/b`, body, 7 * size))
        const sent = server.requests[0]
        expect(sent?.headers).toMatchObject({ 'content-length': String(7 * size), 'user-agent': 'regctl-test' })
        expect(
          createHash('sha256')
            .update(sent?.body ?? '')
            .digest('hex'),
        ).toBe(hash.digest('hex'))
      },
    )

    it.each([
      ['shorter', 8, 'ended after 7 of 8 bytes'],
      ['longer', 5, 'is longer than its 5 bytes'],
    ])('is held to its length: %s', async (_, size, sentence) => {
      const server = closing(await startRecorder())
      await expect(ask(wireOf(), put(server.url, refilling(7, 1).body, size))).rejects.toMatchObject({
        code: 'CONTENT_MISMATCH',
        message: expect.stringContaining(sentence),
      })
    })

    it.each([401, 413])('may be refused by %i before it is read, and its source is let go', async status => {
      const server = await startRaw(socket =>
        socket.once('data', () => {
          socket.write(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\nWWW-Authenticate: Basic\r\n\r\nno`, () =>
            socket.destroy(),
          )
        }),
      )
      const { body } = refilling(4096, 65_536)
      const answer = await ask(wireOf(), put(server.url, body, 4096 * 65_536))
      expect(answer).toMatchObject({ status, text: 'no', headers: { 'www-authenticate': 'Basic' } })
      expect(body.destroyed).toBe(true)
    })

    it('is not stalled while its own source is slow', async () => {
      let came = ''
      const server = await startRaw(socket =>
        socket.on('data', part => {
          came += part
          if (came.endsWith('123')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        }),
      )
      const body = Readable.from(
        (async function* () {
          for (const byte of ['1', '2', '3']) {
            // Less than a connection may take that has not come about yet.
            vi.advanceTimersByTime(10_000)
            yield Buffer.from(byte)
            await expect.poll(() => came.endsWith(byte)).toBe(true)
          }
        })(),
      )
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        expect((await ask(wireOf({ stallTimeout: 60 }), put(server.url, body, 3))).status).toBe(200)
      } finally {
        vi.useRealTimers()
      }
    })

    it('is stalled when the server takes no more of it', async () => {
      const server = await startRaw(socket => socket.pause())
      const { body } = refilling(4096, 65_536)
      await expect(ask(wireOf({ stallTimeout: 100 }), put(server.url, body, 4096 * 65_536))).rejects.toMatchObject({
        code: 'STALLED',
        message: expect.stringContaining('took nothing'),
      })
      expect(body.destroyed).toBe(true)
    })
  })

  describe('a kept connection that went stale', () => {
    /** Answers the first request on each connection, and hangs up when told, or when a second begins. */
    const hangingUp = async () => {
      const hangUps: (() => void)[] = []
      const requests: string[] = []
      const server = await startRaw(socket => {
        let answered = false
        hangUps.push(() => socket.resetAndDestroy())
        socket.on('data', chunk => {
          if (answered) return socket.resetAndDestroy()
          answered = true
          requests.push(chunk.toString('latin1').split('\r\n')[0] ?? '')
          return socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
        })
      })
      return { server, requests, hangUps }
    }

    it('is replaced for an upload of which nothing was taken', async () => {
      const { server, requests, hangUps } = await hangingUp()
      const send = wireOf()
      await ask(send, { method: 'POST', url: server.url, bulk: true })
      const body = Readable.from(
        (async function* () {
          // The connection was chosen, and breaks while the source is still silent.
          await new Promise(resolve => setTimeout(resolve, 50))
          hangUps[0]?.()
          await new Promise(resolve => setTimeout(resolve, 50))
          yield Buffer.from('bytes')
        })(),
      )
      expect((await ask(send, put(`${server.url}/b`, body, 5))).status).toBe(201)
      expect(requests).toEqual(['POST / HTTP/1.1', 'PUT /b HTTP/1.1'])
      expect(server.connections()).toBe(2)
    })

    it('is an error for an upload of which some was taken', async () => {
      const { server, requests } = await hangingUp()
      const send = wireOf()
      await ask(send, { method: 'POST', url: server.url, bulk: true })
      const { body } = refilling(2, 10)
      await expect(ask(send, put(`${server.url}/b`, body, 20))).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(requests).toEqual(['POST / HTTP/1.1'])
      expect(body.destroyed).toBe(true)
    })
  })
})

describe('what goes out', () => {
  it('is the same chunk until it was taken', async () => {
    const outgoing = new Outgoing(Readable.from([Buffer.from('one'), Buffer.from('two')]))
    const [first, again] = await Promise.all([outgoing.peek(), outgoing.peek()])
    expect([first?.toString(), again]).toEqual(['one', first])
    outgoing.take(3)
    expect((await outgoing.peek())?.toString()).toBe('two')
    outgoing.take(3)
    expect([await outgoing.peek(), outgoing.taken]).toEqual([undefined, 6])
  })

  it.each([
    ['a quick line', 0, [262_144, 524_288, 1_048_576]],
    ['a slow line', 3000, [262_144, 131_072, 65_536, 65_536]],
  ])('goes in pieces that fit %s', async (_, milliseconds, pieces) => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const seen: number[] = []
      const carrier = new Writable({
        write(chunk: Buffer, _encoding, done) {
          seen.push(chunk.length)
          vi.advanceTimersByTime(milliseconds)
          done()
        },
      })
      expect(await pieceWriter(carrier, () => {})(Buffer.alloc(4_000_000))).toBe(true)
      expect(seen.slice(0, pieces.length)).toEqual(pieces)
    } finally {
      vi.useRealTimers()
    }
  })
})
