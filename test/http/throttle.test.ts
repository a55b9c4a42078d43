import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { discard } from '../../src/http/body.ts'
import type { HttpRequest, HttpResponse, Send } from '../../src/http/http.ts'
import { throttle } from '../../src/http/throttle.ts'
import { answer, bodyOf } from '../helpers/http-send.ts'

const settled = () => new Promise(resolve => setImmediate(resolve))

/** A wire whose answers have bodies that the test ends, and that notes in which order requests reached it. */
function stage(options: Parameters<typeof throttle>[0]) {
  const reached: string[] = []
  const bodies: PassThrough[] = []
  const next: Send = async ({ url }) => {
    const body = new PassThrough()
    reached.push(url)
    bodies.push(body)
    return { ...answer(200, { url }), body }
  }
  const layered = throttle(options)(next)
  const send = (url: string, rest: Partial<HttpRequest> = {}) => layered({ method: 'GET', url, ...rest })
  const body = (index: number): PassThrough => bodies[index] ?? new PassThrough()
  return { send, reached, body }
}

it('lets so many to a host, and the next in order of arrival as soon as a body ended', async () => {
  const { send, reached, body } = stage({ requestsPerHost: 2 })
  for (const path of ['1', '2', '3', '4']) send(`https://a.test/${path}`).then(({ body }) => body.resume())
  await settled()
  expect(reached).toEqual(['https://a.test/1', 'https://a.test/2'])
  body(1).end()
  await expect.poll(() => reached).toHaveLength(3)
  body(0).end()
  await expect.poll(() => reached.slice(2)).toEqual(['https://a.test/3', 'https://a.test/4'])
})

it('counts each host for itself, ports included', async () => {
  const { send, reached } = stage({ requestsPerHost: 1 })
  for (const host of ['a.test', 'a.test:444', 'b.test', 'a.test']) send(`https://${host}/`)
  await settled()
  expect(reached).toEqual(['https://a.test/', 'https://a.test:444/', 'https://b.test/'])
})

it('takes another limit for a host that has one', async () => {
  const { send, reached } = stage({ requestsPerHost: host => (host === 'a.test:444' ? 2 : 1) })
  for (const host of ['a.test', 'a.test', 'a.test:444', 'a.test:444', 'a.test:444']) send(`https://${host}/`)
  await settled()
  expect(reached).toEqual(['https://a.test/', 'https://a.test:444/', 'https://a.test:444/'])
})

it.each<[string, (response: HttpResponse) => unknown]>([
  ['is destroyed', ({ body }) => body.destroy()],
  ['breaks', ({ body }) => body.on('error', () => {}).destroy(new Error('broke'))],
  [
    'is discarded',
    response => {
      if (response.body instanceof PassThrough) response.body.end('x')
      return discard(response)
    },
  ],
])('gives the place back when a body %s', async (_, end) => {
  const { send, reached } = stage({ requestsPerHost: 1 })
  const first = await send('https://a.test/1')
  send('https://a.test/2')
  await settled()
  expect(reached).toHaveLength(1)
  await end(first)
  await expect.poll(() => reached).toHaveLength(2)
})

it('gives the place back when a request fails', async () => {
  let count = 0
  const send = throttle({ requestsPerHost: 1 })(async () => {
    count++
    throw new Error('broke')
  })
  for (let turn = 0; turn < 3; turn++)
    await expect(send({ method: 'GET', url: 'https://a.test/' })).rejects.toThrow('broke')
  expect(count).toBe(3)
})

it('gives a place back once, however a body ends', async () => {
  const { send, reached, body } = stage({ requestsPerHost: 1 })
  const first = await send('https://a.test/1')
  first.body.resume()
  body(0).end()
  await settled()
  first.body.destroy()
  await settled()
  for (const path of ['2', '3']) send(`https://a.test/${path}`)
  await settled()
  expect(reached).toHaveLength(2)
})

it('lets an aborted request leave the queue, and the next move up', async () => {
  const { send, reached, body } = stage({ requestsPerHost: 1 })
  const abort = new AbortController()
  const reason = new Error('enough')
  ;(await send('https://a.test/1')).body.resume()
  const second = send('https://a.test/2', { signal: abort.signal })
  send('https://a.test/3')
  abort.abort(reason)
  await expect(second).rejects.toBe(reason)
  body(0).end()
  await expect.poll(() => reached).toEqual(['https://a.test/1', 'https://a.test/3'])
})

it('keeps uploads apart, so that a copy within one host does not wait for itself', async () => {
  const { send, reached } = stage({ requestsPerHost: 1 })
  await send('https://a.test/source')
  await send('https://a.test/target', { method: 'PUT', body: bodyOf('x') })
  expect(reached).toHaveLength(2)
})

it('does not lock up behind an answer that nobody reads', async () => {
  const { send, reached } = stage({ requestsPerHost: 1, patience: 20 })
  await send('https://a.test/forgotten')
  await send('https://a.test/next')
  expect(reached).toHaveLength(2)
})

it('gives that place back once, although the answer is read later after all', async () => {
  const { send, reached, body } = stage({ requestsPerHost: 1, patience: 20 })
  const forgotten = await send('https://a.test/forgotten')
  const second = await send('https://a.test/2')
  forgotten.body.resume()
  body(0).end()
  second.body.resume()
  await settled()
  send('https://a.test/3')
  await settled()
  expect(reached).toHaveLength(2)
})

it('but waits for one that is being read, however long it takes', async () => {
  const { send, reached, body } = stage({ requestsPerHost: 1, patience: 20 })
  const first = await send('https://a.test/slow')
  first.body.resume()
  body(0).write('x')
  send('https://a.test/next')
  await new Promise(resolve => setTimeout(resolve, 80))
  expect(reached).toHaveLength(1)
})

it.each([429, 503])('lets fewer to a host that answers %i, and elsewhere as many as before', async status => {
  let answered = status
  const reached: string[] = []
  const open: PassThrough[] = []
  const layered = throttle({ requestsPerHost: 4 })(async ({ url }) => {
    reached.push(url)
    if (answered !== 200) return answer(answered, { url })
    const body = new PassThrough()
    open.push(body)
    return { ...answer(200, { url }), body }
  })
  const send = (host: string) => layered({ method: 'GET', url: `https://${host}/` })
  await discard(await send('a.test'))
  answered = 200
  for (const host of [...Array(6).fill('a.test'), ...Array(6).fill('b.test')]) send(host)
  await settled()
  expect(reached.slice(1)).toEqual([...Array(2).fill('https://a.test/'), ...Array(4).fill('https://b.test/')])
  for (const body of open) body.destroy()
})

describe('a host whose answers become slow', () => {
  /** Sends pairs of requests that take longer and longer, to the answer or to `ready`, and counts how many are let in at once after that. */
  async function lateAnswers(request: Partial<HttpRequest>, late: 'answer' | 'ready') {
    let time = 0
    let takes = 20
    const pass = (what: 'answer' | 'ready') => {
      time += what === late ? takes : 0
    }
    const layered = throttle({ requestsPerHost: 2, now: () => time, ready: async () => pass('ready') })(
      async ({ url }) => {
        pass('answer')
        return answer(200, { url })
      },
    )
    const send = () => layered({ method: 'GET', url: 'https://a.test/', ...request })
    for (takes = 20; takes < 4000; takes += 200) await Promise.all([1, 2].map(async () => discard(await send())))
    let atOnce = 0
    const held = [1, 2, 3].map(async () => {
      const response = await send()
      atOnce++
      return response
    })
    await settled()
    const count = atOnce
    for (const each of held) each.then(({ body }) => body.destroy())
    await Promise.all(held)
    return count
  }

  it.each<[string, Partial<HttpRequest>, 'answer' | 'ready', number]>([
    ['gets fewer', {}, 'answer', 1],
    ['as many where they were made to wait here', {}, 'ready', 2],
    ['as many uploads, which take as long as their bodies', { method: 'PUT', body: bodyOf('x') }, 'answer', 2],
  ])('%s', async (_, request, late, expected) => expect(await lateAnswers(request, late)).toBe(expected))
})

it('asks whether it may go out once it has its place', async () => {
  const order: string[] = []
  const ready = async (host: string) => {
    order.push(`ready ${host}`)
  }
  const send = throttle({ requestsPerHost: 1, ready })(async ({ url }) => {
    order.push('sent')
    return answer(200, { url })
  })
  const first = await send({ method: 'GET', url: 'https://a.test/' })
  const second = send({ method: 'GET', url: 'https://a.test/' })
  await settled()
  expect(order).toEqual(['ready a.test', 'sent'])
  await discard(first)
  await second
  expect(order).toEqual(['ready a.test', 'sent', 'ready a.test', 'sent'])
})

it('gives the place back when the wait to go out is aborted', async () => {
  let allowed = false
  const send = throttle({
    requestsPerHost: 1,
    ready: async () => {
      if (!allowed) throw new Error('enough')
    },
  })(async ({ url }) => answer(200, { url }))
  await expect(send({ method: 'GET', url: 'https://a.test/' })).rejects.toThrow('enough')
  allowed = true
  expect((await send({ method: 'GET', url: 'https://a.test/' })).status).toBe(200)
})
