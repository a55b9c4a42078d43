import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse, Method, Send } from '../../src/http/http.ts'
import { parseRetryAfter, type RetryOptions, retry, type Wait } from '../../src/http/retry.ts'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'
import { answer, ask, bodyOf, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

const url = 'https://registry.test/v2/a/blobs/uploads/'

/** Replays outcomes, the last one for ever, and notes how long was slept. */
function rehearse(outcomes: (HttpResponse | Error)[], options: RetryOptions = {}) {
  const sleeps: number[] = []
  let sent = 0
  const next: Send = async () => {
    const outcome = outcomes[Math.min(sent++, outcomes.length - 1)]
    if (outcome instanceof Error) throw outcome
    return outcome ?? answer(500)
  }
  const sleep = async (milliseconds: number) => {
    sleeps.push(milliseconds)
  }
  return { send: retry({ sleep, random: () => 0.5, ...options })(next), sleeps, sent: () => sent }
}

const broken = (code: ErrorCode, cause?: string) =>
  new RegctlError(
    code,
    `registry.test failed`,
    cause ? { cause: Object.assign(new Error(cause), { code: cause }) } : {},
  )

const empty = undefined
const full = bodyOf('content')

describe('which answers are asked for again', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 520, 524, 529])('GET after %i', async status => {
    const { send, sent } = rehearse([answer(status), answer(200, { text: 'ok' })])
    expect(await ask(send, { url })).toMatchObject({ status: 200, text: 'ok' })
    expect(sent()).toBe(2)
  })

  it.each([200, 201, 301, 400, 401, 403, 404, 405, 413, 416, 501, 505, 530])('not GET after %i', async status => {
    const { send, sent } = rehearse([answer(status)])
    expect((await ask(send, { url })).status).toBe(status)
    expect(sent()).toBe(1)
  })

  it.each<[Method, typeof full | undefined, boolean, number, boolean]>([
    ['HEAD', empty, false, 503, true],
    ['DELETE', empty, false, 503, true],
    ['PUT', full, false, 503, true],
    ['PUT', full, false, 500, true],
    ['PUT', full, true, 429, true],
    ['PUT', full, true, 503, false],
    ['PUT', full, true, 500, false],
    ['POST', empty, false, 429, true],
    ['POST', empty, false, 503, true],
    ['POST', empty, false, 500, false],
    ['POST', empty, false, 504, false],
    ['POST', empty, true, 503, false],
    ['POST', full, false, 503, false],
    ['PATCH', full, false, 429, true],
    ['PATCH', full, false, 503, false],
    ['PATCH', full, false, 502, false],
  ])('%s with body %s, once %s, after %i: %s', async (method, body, once, status, again) => {
    const { send, sent } = rehearse([answer(status), answer(202)])
    const response = await send({ method, url, body, once })
    expect(sent()).toBe(again ? 2 : 1)
    expect(response.status).toBe(again ? 202 : status)
  })

  it.each<[Method, boolean, ErrorCode, string | undefined, boolean]>([
    ['GET', false, 'UNREACHABLE', 'ECONNRESET', true],
    ['GET', false, 'UNREACHABLE', 'EPIPE', true],
    ['GET', false, 'UNREACHABLE', undefined, true],
    ['GET', false, 'UNREACHABLE', 'ENOTFOUND', false],
    ['GET', false, 'UNREACHABLE', 'EAI_AGAIN', true],
    ['GET', false, 'STALLED', undefined, true],
    ['GET', false, 'TLS_FAILED', 'CERT_HAS_EXPIRED', false],
    ['GET', false, 'REFUSED', undefined, false],
    ['GET', false, 'CONTENT_MISMATCH', undefined, false],
    ['PUT', false, 'UNREACHABLE', 'ECONNRESET', true],
    ['PUT', true, 'UNREACHABLE', 'ECONNRESET', false],
    ['PUT', true, 'UNREACHABLE', 'ECONNREFUSED', true],
    ['PUT', true, 'STALLED', undefined, false],
    ['POST', false, 'UNREACHABLE', 'ECONNREFUSED', true],
    ['POST', false, 'UNREACHABLE', 'EAI_AGAIN', true],
    ['POST', false, 'UNREACHABLE', 'ECONNRESET', false],
    ['POST', false, 'STALLED', undefined, false],
    ['PATCH', false, 'UNREACHABLE', 'ECONNREFUSED', true],
    ['PATCH', false, 'UNREACHABLE', 'EPIPE', false],
  ])('%s, once %s, after %s by %s: %s', async (method, once, code, cause, again) => {
    const { send, sent } = rehearse([broken(code, cause), answer(202)])
    const outcome = await send({ method, url, once }).catch((error: RegctlError) => error.code)
    expect(sent()).toBe(again ? 2 : 1)
    expect(again || outcome === code).toBe(true)
  })

  it('throws what is none of ours at once', async () => {
    const { send, sent } = rehearse([new TypeError('bug')])
    await expect(send({ method: 'GET', url })).rejects.toThrow(TypeError)
    expect(sent()).toBe(1)
  })
})

describe('how often and how long', () => {
  it('returns the last failing answer with its words', async () => {
    const { send, sent } = rehearse([answer(429), answer(429), answer(429, { text: 'pull rate limit' })])
    expect(await ask(send, { url })).toMatchObject({ status: 429, text: 'pull rate limit' })
    expect(sent()).toBe(3)
  })

  it('throws the last broken connection', async () => {
    const { send, sent } = rehearse([broken('UNREACHABLE', 'ECONNRESET')], { attempts: 5 })
    await expect(send({ method: 'GET', url })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(sent()).toBe(5)
  })

  it('reads a failing answer away before it waits, so that its connection is free', async () => {
    const first = answer(503, { text: 'sorry' })
    const { send } = rehearse([first, answer(200)])
    await send({ method: 'GET', url })
    expect(first.body.destroyed || first.body.readableEnded).toBe(true)
  })

  it('doubles, with full jitter, and never beyond the longest wait', async () => {
    const { send, sleeps } = rehearse([answer(503)], { attempts: 6, maxWait: 3000 })
    await send({ method: 'GET', url })
    expect(sleeps).toEqual([250, 500, 1000, 2000, 3000])
    const none = rehearse([answer(503)], { random: () => 0 })
    await none.send({ method: 'GET', url })
    expect(none.sleeps).toEqual([0, 0])
  })

  it.each([
    ['7', 7250],
    ['0', 250],
    ['3600', 60_000],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 8250],
    ['Thu, 01 Jan 2099 00:00:00 GMT', 60_000],
    ['nonsense', 250],
  ])('Retry-After: %s waits %i ms (item 77)', async (value, expected) => {
    const headers = { 'retry-after': value }
    const { send, sleeps } = rehearse([answer(429, { headers }), answer(200)], { now: () => 1000 })
    await send({ method: 'GET', url })
    expect(sleeps).toEqual([expected])
  })

  it('says that it waits, and why', async () => {
    const waits: Wait[] = []
    const { send } = rehearse(
      [answer(429, { url, headers: { 'retry-after': '7' } }), broken('UNREACHABLE'), answer(200)],
      {
        onWait: wait => waits.push(wait),
      },
    )
    await send({ method: 'GET', url })
    expect(waits).toEqual([
      { host: 'registry.test', seconds: 8, reason: 'registry.test answered 429' },
      { host: 'registry.test', seconds: 1, reason: 'registry.test failed' },
    ])
  })

  it.each([
    ['12', 12_000],
    [' 12 ', 12_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['99999999999999', undefined],
    ['2030', 2_030_000],
    ['Thu, 01 Jan 1970 00:00:02 GMT', 1000],
    ['Wed, 31 Dec 1969 23:59:59 GMT', 0],
    ['Thursday, 01-Jan-70 00:00:02 GMT', 1000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('parseRetryAfter(%s) is %s', (value, expected) => expect(parseRetryAfter(value, 1000)).toBe(expected))
})

describe('an abort', () => {
  const reason = new Error('enough')

  it('during a wait ends at once', async () => {
    const abort = new AbortController()
    let sent = 0
    const next: Send = async () => {
      sent++
      setTimeout(() => abort.abort(reason), 5)
      return answer(429, { headers: { 'retry-after': '30' } })
    }
    await expect(retry()(next)({ method: 'GET', url, signal: abort.signal })).rejects.toBe(reason)
    expect(sent).toBe(1)
  })

  it('makes a failure final', async () => {
    const abort = new AbortController()
    const next: Send = async () => {
      abort.abort(reason)
      throw broken('UNREACHABLE')
    }
    await expect(retry()(next)({ method: 'GET', url, signal: abort.signal })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })
})

it('opens the body again for each attempt, and sends the same bytes', async () => {
  let count = 0
  const server = await startRecorder((_, response) => response.writeHead(++count < 3 ? 503 : 201).end())
  try {
    const body = bodyOf('the content')
    const request: HttpRequest = { method: 'PUT', url: `${server.url}/v2/a`, body }
    const { status } = await ask(retry({ sleep: async () => {} })(testWire()), request)
    expect([status, body.opened]).toEqual([201, 3])
    expect(server.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('the content'))
  } finally {
    await server.close()
  }
})
