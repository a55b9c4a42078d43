import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { WebhookEvent } from '../../src/webhook/event.ts'
import { listenForWebhooks, type WebhookListenerOptions } from '../../src/webhook/listen.ts'
import { closing } from '../helpers/http-send.ts'
import { payloads } from './payloads.ts'

interface Answer {
  status: number
  retryAfter: string | undefined
  body: string
}

async function start(options: Partial<WebhookListenerOptions> = {}) {
  const delivered: WebhookEvent[] = []
  const refusals: string[] = []
  const listener = closing(
    await listenForWebhooks({
      path: '/',
      concurrency: 4,
      capacity: 10_000,
      deliver: async event => {
        delivered.push(event)
      },
      onRefusal: reason => refusals.push(reason),
      ...options,
    }),
  )
  return { listener, delivered, refusals }
}

interface Sent {
  method?: string
  path?: string
  headers?: Record<string, string>
  agent?: Agent
}

async function send(url: string, body: string | Buffer, { method = 'POST', path = '/', headers, agent }: Sent = {}) {
  const req = request(`${url}${path}`, { method, headers: headers ?? {}, agent: agent ?? false })
  req.end(body)
  const [res] = await once(req, 'response')
  return { status: res.statusCode, retryAfter: res.headers['retry-after'], body: await text(res) } satisfies Answer
}

const harbor = (repository: string, tag: string) =>
  JSON.stringify({
    type: 'PUSH_ARTIFACT',
    occur_at: 1_586_922_308,
    event_data: { resources: [{ tag }], repository: { repo_full_name: repository } },
  })

describe('10,000 events at once', () => {
  it('lose none, and reorder none of a repository', async () => {
    const done: string[] = []
    const { listener } = await start({
      capacity: 50,
      deliver: async ({ repository, tag }) => {
        // Some take their time, as commands do.
        if (tag?.endsWith('7')) await new Promise(resolve => setImmediate(resolve))
        done.push(`${repository}:${tag}`)
      },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 100 })
    let again = 0
    const sendAll = async (repository: string) => {
      for (let number = 0; number < 100; number++) {
        // As senders do, an event that was not taken is sent again before the next one.
        while ((await send(listener.url, harbor(repository, `v${number}`), { agent })).status !== 202) again++
      }
    }
    const repositories = Array.from({ length: 100 }, (_, index) => `team/app${index}`)
    await Promise.all(repositories.map(sendAll))
    const tally = await listener.close()
    agent.destroy()
    expect(done).toHaveLength(10_000)
    for (const name of repositories) {
      const own = done.filter(text => text.startsWith(`${name}:`))
      expect(own).toEqual(Array.from({ length: 100 }, (_, number) => `${name}:v${number}`))
    }
    expect(tally).toMatchObject({ requests: 10_000 + again, events: 10_000, delivered: 10_000, duplicates: 0 })
  }, 60_000)

  it('in one envelope of distribution', async () => {
    const { listener, delivered } = await start()
    const events = Array.from({ length: 5000 }, (_, index) => ({
      id: `e${index}`,
      action: 'push',
      target: { repository: `app${index % 10}`, tag: `v${index}` },
    }))
    const all = [events.slice(0, 2500), events.slice(2500)].map(part => JSON.stringify({ events: part }))
    const answers = await Promise.all(all.map(body => send(listener.url, body)))
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    await listener.close()
    expect(new Set(delivered.map(({ id }) => id)).size).toBe(5000)
    for (let number = 0; number < 10; number++) {
      const tags = delivered.filter(({ repository }) => repository === `app${number}`).map(({ tag }) => tag)
      const [first, second] = [
        tags.filter(tag => Number(tag?.slice(1)) < 2500),
        tags.filter(tag => Number(tag?.slice(1)) >= 2500),
      ]
      for (const part of [first, second]) {
        expect(part).toEqual([...part].sort((a, b) => Number(a?.slice(1)) - Number(b?.slice(1))))
      }
    }
  })
})

describe('T24: what is refused, and counted', () => {
  const body = payloads.harborPush
  const sign = (text: string, secret: string) => ({
    'x-nexus-webhook-signature': createHmac('sha1', secret).update(text).digest('hex'),
  })

  it.each<[string, string | Buffer, Sent, number, string | undefined]>([
    ['Harbor’s header', body, { headers: { authorization: 's3cret' } }, 202, undefined],
    ['distribution’s header', payloads.distribution, { headers: { authorization: 'Bearer s3cret' } }, 202, undefined],
    ['Docker Hub’s address', payloads.hub, { path: '/hook/s3cret' }, 202, undefined],
    ['a query', payloads.hub, { path: '/hook?token=s3cret' }, 202, undefined],
    ['Nexus’s signature', payloads.nexus, { headers: sign(payloads.nexus, 's3cret') }, 202, undefined],
    ['no secret', body, {}, 401, 'secret'],
    ['a wrong secret', body, { headers: { authorization: 'wrong' } }, 401, 'secret'],
    ['a wrong secret in the path', body, { path: '/hook/wrong' }, 401, 'secret'],
    ['a wrong signature', payloads.nexus, { headers: sign(payloads.nexus, 'other') }, 401, 'secret'],
    ['a signature of another body', payloads.nexus, { headers: sign('{}', 's3cret') }, 401, 'secret'],
    [
      'a wrong signature beside a right secret',
      payloads.nexus,
      { path: '/hook/s3cret', headers: sign('{}', 's3cret') },
      401,
      'secret',
    ],
    ['another path', body, { path: '/else' }, 404, 'path'],
    ['a path further down', body, { path: '/hook/s3cret/more' }, 404, 'path'],
    ['a path that is half of ours', body, { path: '/hooks' }, 404, 'path'],
    ['a path that is no text', body, { path: '/hook/%ff' }, 404, 'path'],
    ['a GET', '', { method: 'GET' }, 405, 'method'],
    ['a web page', body, { path: '/hook/s3cret', headers: { origin: 'https://evil.example' } }, 403, 'browser'],
    ['too much', Buffer.alloc(1024 * 1024 + 1, 0x20), { path: '/hook/s3cret' }, 413, 'oversized'],
    [
      'too much, in chunks',
      Buffer.alloc(1024 * 1024 + 1, 0x20),
      { path: '/hook/s3cret', headers: { 'transfer-encoding': 'chunked' } },
      413,
      'oversized',
    ],
    ['compressed', body, { path: '/hook/s3cret', headers: { 'content-encoding': 'gzip' } }, 415, 'malformed'],
    ['no JSON', '{', { path: '/hook/s3cret' }, 400, 'malformed'],
    ['nothing', '', { path: '/hook/s3cret' }, 400, 'malformed'],
    ['somebody else’s', '{"zen":"x"}', { path: '/hook/s3cret' }, 400, 'malformed'],
    ['a tag that is a command', payloads.hub.replace('latest', '$(id)'), { path: '/hook/s3cret' }, 400, 'malformed'],
  ])('%s', async (_what, content, sent, status, reason) => {
    const { listener, delivered, refusals } = await start({ path: '/hook', secret: 's3cret' })
    const answer = await send(listener.url, content, { path: '/hook', ...sent })
    expect(answer.status).toBe(status)
    expect(answer.body).not.toContain('s3cret')
    const tally = await listener.close()
    expect(refusals).toEqual(reason === undefined ? [] : [reason])
    expect(delivered).toHaveLength(reason === undefined ? 1 : 0)
    const refused = Object.values(tally.refused).reduce((sum, count) => sum + count, 0)
    expect(refused).toBe(reason === undefined ? 0 : 1)
  })

  it.each(Object.entries(payloads))('a replayed one is passed on once: %s', async (_name, content) => {
    const { listener, delivered } = await start()
    const answers = await Promise.all([1, 2, 3].map(() => send(listener.url, content)))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    expect(await listener.close()).toMatchObject({ requests: 3, events: 3, delivered: 1, duplicates: 2 })
    expect(delivered).toHaveLength(1)
  })

  it('a replay of Nexus’s under another id of delivery is one', async () => {
    const { listener } = await start({ secret: 's3cret' })
    for (const id of ['a', 'b']) {
      const headers = { ...sign(payloads.nexus, 's3cret'), 'x-nexus-webhook-delivery': id }
      expect((await send(listener.url, payloads.nexus, { headers })).status).toBe(202)
    }
    expect(await listener.close()).toMatchObject({ delivered: 1, duplicates: 1 })
  })

  it('a second one, and twice in one envelope', async () => {
    const event = { id: 'x', action: 'push', target: { repository: 'app', tag: 'v1' } }
    const { listener } = await start()
    await send(listener.url, JSON.stringify({ events: [event, event, { ...event, id: 'y' }] }))
    expect(await listener.close()).toMatchObject({ events: 3, delivered: 2, duplicates: 1 })
  })
})

describe('when there is too much', () => {
  it('senders are told to come again, and what they send again is no duplicate', async () => {
    const finish: (() => void)[] = []
    const { listener } = await start({
      capacity: 2,
      deliver: () => new Promise<void>(resolve => finish.push(resolve)),
    })
    const bodies = ['v1', 'v2', 'v3'].map(tag => harbor('app', tag))
    const answers: Answer[] = []
    for (const body of bodies) answers.push(await send(listener.url, body))
    expect(answers.map(({ status, retryAfter }) => [status, retryAfter])).toEqual([
      [202, undefined],
      [202, undefined],
      [503, '5'],
    ])
    finish.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
    expect((await send(listener.url, bodies[2] ?? '')).status).toBe(202)
    const closed = listener.close()
    while (finish.length > 0) {
      finish.shift()?.()
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await closed).toMatchObject({ delivered: 3, duplicates: 0, refused: { full: 1 } })
  })

  it('T12: a client that drips its request is cut off', async () => {
    const { listener } = await start({ idleSeconds: 5, requestSeconds: 1 })
    const socket = connect(listener.port, listener.host)
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 50)
    let said = ''
    socket.setEncoding('utf8').on('data', part => {
      said += part
    })
    await once(socket, 'close')
    clearInterval(drip)
    expect(said).toContain('408 Request Timeout')
    expect(await listener.close()).toMatchObject({ requests: 1, events: 0, refused: { broken: 1 } })
  })

  it('T12: so is one that says nothing', async () => {
    const { listener } = await start({ idleSeconds: 0.2 })
    const socket = connect(listener.port, listener.host)
    await once(socket.resume(), 'close')
    expect(await listener.close()).toMatchObject({ requests: 0 })
  })
})

describe('the end', () => {
  it('finishes what was accepted, takes nothing new, and counts failures', async () => {
    const finish: (() => void)[] = []
    const failures: unknown[] = []
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { listener, delivered } = await start({
      deliver: event => {
        delivered.push(event)
        return new Promise<void>((_, reject) => finish.push(() => reject(new Error(`no ${event.tag}`))))
      },
      onFailure: error => failures.push(error instanceof Error && error.message),
    })
    for (const tag of ['v1', 'v2']) await send(listener.url, harbor('app', tag), { agent })
    const closed = listener.close()
    await expect(send(listener.url, harbor('app', 'v3'))).rejects.toThrow('ECONNREFUSED')
    expect(delivered).toHaveLength(1)
    finish.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
    finish.shift()?.()
    expect(await closed).toMatchObject({ delivered: 2, failures: 2 })
    expect(failures).toEqual(['no v1', 'no v2'])
    agent.destroy()
  })

  it('only what is asked for is passed on, the rest is counted', async () => {
    const { listener, delivered } = await start({ isWanted: ({ event }) => event === 'push' })
    for (const content of [payloads.harborPush, payloads.harborPull]) await send(listener.url, content)
    expect(await listener.close()).toMatchObject({ events: 2, delivered: 1, filtered: 1 })
    expect(delivered.map(({ event }) => event)).toEqual(['push'])
  })
})
