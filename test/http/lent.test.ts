import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it, vi } from 'vitest'
import { LentBody, lend, through } from '../../src/http/lent.ts'

/** Lends one and the same memory again and again, as a socket's slab would be. */
function lending(
  texts: string[],
  { fail, onCancel = () => {} }: { fail?: Error; onCancel?: (error?: Error) => void } = {},
) {
  const memory = Buffer.alloc(64)
  const chunks = (async function* () {
    for (const text of texts) yield memory.subarray(0, memory.write(text))
    if (fail) throw fail
  })()
  return new LentBody(chunks, onCancel)
}

/** Chunks that never come, until cancelled. */
function silent() {
  const onCancel = vi.fn()
  const chunks: AsyncIterator<Buffer> = { next: () => new Promise(() => {}) }
  return { body: new LentBody(chunks, onCancel), onCancel }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += chunk.toString()
  return text
}

const identity = async function* (chunks: AsyncIterable<Buffer>) {
  yield* chunks
}
const texts = ['one', 'two', 'three']

describe('read as an ordinary stream', () => {
  it.each<[string, (body: Readable) => Promise<Buffer>]>([
    ['for await', buffer],
    ['pipe', body => buffer(body.pipe(new PassThrough()))],
    [
      'data',
      body =>
        new Promise(resolve => {
          const all: Buffer[] = []
          body.on('data', chunk => all.push(chunk)).on('end', () => resolve(Buffer.concat(all)))
        }),
    ],
    [
      'pipeline',
      async body => {
        const end = new PassThrough()
        const [text] = await Promise.all([buffer(end), pipeline(body, end)])
        return text
      },
    ],
  ])('gives copies by %s', async (_, read) => {
    expect((await read(lending(texts))).toString()).toBe('onetwothree')
    expect((await read(through(lending(texts), identity))).toString()).toBe('onetwothree')
  })

  it('fails as one', async () => {
    const fail = new Error('broke')
    await expect(buffer(lending(texts, { fail }))).rejects.toBe(fail)
  })
})

describe('lent', () => {
  it('gives the memory itself, and ends the stream', async () => {
    const body = lending(texts)
    const ended = new Promise(resolve => body.once('close', resolve))
    const seen = new Set<ArrayBufferLike>()
    let text = ''
    for await (const chunk of lend(body)) {
      seen.add(chunk.buffer)
      text += chunk
    }
    await ended
    expect([text, seen.size, body.readableEnded, body.readableDidRead]).toEqual(['onetwothree', 1, true, true])
  })

  it('says from the first chunk on that it is read (the throttle counts on it)', async () => {
    const body = lending(texts)
    expect(body.readableDidRead).toBe(false)
    await lend(body)[Symbol.asyncIterator]().next()
    expect(body.readableDidRead).toBe(true)
  })

  it('gives the chunks of any other stream, as bytes', async () => {
    expect(await collect(lend(Readable.from(['a', Buffer.from('b'), new Uint8Array([99])])))).toBe('abc')
    const begun = lending(texts)
    begun.once('readable', () => {})
    begun.pipe(new PassThrough()).resume()
    expect(lend(begun)).not.toBe(begun)
  })

  it('is destroyed and cancelled when its reader leaves', async () => {
    const onCancel = vi.fn()
    const body = lending(texts, { onCancel })
    for await (const _ of lend(body)) break
    expect(body.destroyed).toBe(true)
    expect(onCancel).toHaveBeenCalledTimes(1)
  })

  it('hands an error over, and fails as a stream too', async () => {
    const fail = new Error('broke')
    const body = lending(texts, { fail })
    await expect(collect(lend(body))).rejects.toBe(fail)
    expect(body.errored).toBe(fail)
  })

  it('gives up waiting at once when it is destroyed', async () => {
    const { body, onCancel } = silent()
    const reading = collect(lend(body))
    const reason = new Error('enough')
    setImmediate(() => body.destroy(reason))
    await expect(reading).rejects.toBe(reason)
    expect(onCancel).toHaveBeenCalledWith(reason)
    await expect(collect(lend(body))).rejects.toBe(reason)
  })

  it('fails when it was destroyed before anybody read', async () => {
    const { body } = silent()
    body.destroy()
    await expect(collect(lend(body))).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })
})

describe('through', () => {
  const upper = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) yield Buffer.from(chunk.toString().toUpperCase())
  }

  it.each<[string, () => Readable]>([
    ['a lent body', () => lending(texts)],
    ['any stream', () => Readable.from(texts)],
  ])('changes the chunks of %s', async (_, make) => {
    expect(await collect(lend(through(through(make(), identity), upper)))).toBe('ONETWOTHREE')
  })

  it('destroys the source when it is destroyed, however deep and whoever waits', async () => {
    const { body, onCancel } = silent()
    const outer = through(through(body, identity), identity)
    const reading = collect(lend(outer))
    const reason = new Error('enough')
    setImmediate(() => outer.destroy(reason))
    await expect(reading).rejects.toBe(reason)
    expect(body.destroyed).toBe(true)
    expect(onCancel).toHaveBeenCalledWith(reason)
  })

  it('destroys the source when it is never read', () => {
    const source = Readable.from(texts)
    through(source, identity).destroy()
    expect(source.destroyed).toBe(true)
  })

  it('destroys the source when the transform fails', async () => {
    const source = lending(texts)
    const fail = new Error('bad bytes')
    const outer = through(source, async function* (chunks) {
      for await (const chunk of chunks) {
        yield chunk
        throw fail
      }
    })
    await expect(collect(lend(outer))).rejects.toBe(fail)
    expect([source.destroyed, outer.destroyed]).toEqual([true, true])
  })

  it('survives a source that breaks before anybody reads, and tells the reader', async () => {
    const source = new PassThrough()
    const outer = through(source, identity)
    const fail = new Error('broke')
    source.destroy(fail)
    await new Promise(resolve => setImmediate(resolve))
    await expect(buffer(outer)).rejects.toBe(fail)
  })
})

describe('with a signal', () => {
  const reason = new Error('not wanted any more')

  it.each([
    ['aborted before', true],
    ['aborted while it is waited for', false],
  ])('%s, it fails with its reason and frees what it came from', async (_, isBefore) => {
    const controller = new AbortController()
    if (isBefore) controller.abort(reason)
    const onCancel = vi.fn()
    const body = new LentBody({ next: () => new Promise(() => {}) }, onCancel, controller.signal)
    const reading = collect(lend(through(body, identity)))
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
    expect(onCancel).toHaveBeenCalledWith(reason)
  })

  it('aborted behind its end, it has nothing to say; and it no longer listens', async () => {
    const controller = new AbortController()
    const remove = vi.spyOn(controller.signal, 'removeEventListener')
    const body = through(lending(texts), identity, controller.signal)
    expect(await collect(lend(body))).toBe('onetwothree')
    await vi.waitFor(() => expect(body.closed).toBe(true))
    expect(remove).toHaveBeenCalledOnce()
    controller.abort(reason)
    expect(body.errored).toBeNull()
  })
})
