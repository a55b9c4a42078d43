import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse, Method, Send } from '../../src/http/http.ts'
import { createPace, type Wait } from '../../src/http/pace.ts'
import { parseRetryAfter, type Retry, type RetryOptions, retry } from '../../src/http/retry.ts'
import { noteStale } from '../../src/http/stale.ts'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'
import { fakeClock, jumpingClock } from '../helpers/clock.ts'
import { answer, ask, bodyOf, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

const url = 'https://registry.test/v2/a/blobs/uploads/'

type Rehearsal = RetryOptions & { patience?: number; onWait?: (wait: Wait) => void; takes?: number }

/** Replays outcomes, the last one for ever, each after `takes` milliseconds, and notes how long was slept. */
function rehearse(outcomes: (HttpResponse | Error)[], { patience, onWait, takes = 0, ...options }: Rehearsal = {}) {
  const clock = jumpingClock()
  const random = options.random ?? (() => 0.5)
  const pace = createPace({ ...clock, random, onWait, ...(patience !== undefined && { patience }) })
  let sent = 0
  const next: Send = async () => {
    clock.pass(takes)
    const outcome = outcomes[Math.min(sent++, outcomes.length - 1)]
    if (outcome instanceof Error) throw outcome
    return outcome ?? answer(500)
  }
  const send = retry({ pace, random, ...options })(next)
  return { send, pace, clock, sleeps: clock.sleeps, sent: () => sent }
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
    ['POST', false, 'UNREACHABLE', 'ECONNRESET', true],
    ['POST', true, 'UNREACHABLE', 'ECONNRESET', false],
    ['POST', false, 'STALLED', undefined, false],
    ['PATCH', false, 'UNREACHABLE', 'ECONNREFUSED', true],
    ['PATCH', false, 'UNREACHABLE', 'EPIPE', false],
  ])('%s, once %s, after %s by %s: %s', async (method, once, code, cause, again) => {
    const { send, sent } = rehearse([broken(code, cause), answer(202)])
    const outcome = await send({ method, url, once }).catch((error: RegctlError) => error.code)
    expect(sent()).toBe(again ? 2 : 1)
    expect(again || outcome === code).toBe(true)
  })

  it('a POST with a body, cut off, may be done: it is not sent again', async () => {
    const { send, sent } = rehearse([broken('UNREACHABLE', 'ECONNRESET'), answer(202)])
    await expect(send({ method: 'POST', url, body: full })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(sent()).toBe(1)
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

  it('doubles, with full jitter, and never beyond the longest of our waits', async () => {
    const { send, sleeps } = rehearse([answer(503)], { attempts: 6, maxBackoff: 3000 })
    await send({ method: 'GET', url })
    expect(sleeps).toEqual([250, 500, 1000, 1500, 1500])
    const none = rehearse([answer(503)], { random: () => 0 })
    await none.send({ method: 'GET', url })
    expect(none.sleeps).toEqual([0, 0])
  })

  it.each([
    ['7', 7250],
    ['0', 500],
    ['300', 300_250],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 8250],
    ['nonsense', 500],
    // By a clock that is an hour before ours, or behind it.
    ['Thu, 01 Jan 1970 01:00:09 GMT', 4250, 'Thu, 01 Jan 1970 01:00:05 GMT'],
    ['Wed, 31 Dec 1969 23:00:09 GMT', 4250, 'Wed, 31 Dec 1969 23:00:05 GMT'],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 8250, 'some day'],
  ])('Retry-After: %s waits %i ms (item 77)', async (value, expected, now?: string) => {
    const headers = { 'retry-after': value, ...(now && { date: now }) }
    const { send, sleeps } = rehearse([answer(429, { headers }), answer(200)], { date: () => 1000 })
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
      { host: 'registry.test', seconds: 7, reason: 'registry.test says 429' },
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

describe("patience is the host's", () => {
  const away = () => answer(503)
  const fine = () => answer(200)
  const get = { method: 'GET', url } as const

  it('a source that dies for 20 s and comes back is waited for', async () => {
    const { pace, clock } = rehearse([])
    pace.of('registry.test').progress()
    let sent = 0
    const send = retry({ pace, random: () => 0.5 })(async () => {
      sent++
      if (clock.now() < 20_000) throw broken('UNREACHABLE', 'ECONNREFUSED')
      return fine()
    })
    expect((await send(get)).status).toBe(200)
    expect(sent).toBeGreaterThan(3)
  })

  it.each<[string, boolean, HttpResponse | Error, Rehearsal, [sent: number, seconds: number]]>([
    ['a host never met', false, away(), {}, [3, 0]],
    ['a host that served us', true, away(), {}, [17, 62]],
    ['one that refuses connections', true, broken('UNREACHABLE', 'ECONNREFUSED'), {}, [17, 62]],
    ['with another patience', true, away(), { patience: 5000 }, [6, 7]],
    ['one that always fails on this request', true, answer(500), {}, [3, 0]],
    ['one that stalls for minutes', true, broken('STALLED'), { takes: 120_000 }, [3, 360]],
    ['told to wait, at least as often as any', true, answer(429, { headers: { 'retry-after': '50' } }), {}, [3, 100]],
    ['told to wait too long', true, answer(429, { headers: { 'retry-after': '301' } }), {}, [1, 0]],
    ['no answer that repeating could change', true, answer(404), {}, [1, 0]],
  ])('%s', async (_, proven, outcome, options, expected) => {
    const { send, pace, clock, sent } = rehearse([outcome], options)
    if (proven) pace.of('registry.test').progress()
    await send(get).catch(() => undefined)
    expect([sent(), Math.floor(clock.now() / 1000)]).toEqual(expected)
  })

  it('a hiccup an hour ago counts no more', async () => {
    const hiccups = [away(), away(), fine()]
    const { send, clock, sent } = rehearse([fine(), ...hiccups, ...hiccups, ...hiccups, ...hiccups])
    for (let hour = 0; hour < 5; hour++) {
      expect((await send(get)).status).toBe(200)
      clock.pass(3_600_000)
    }
    expect(sent()).toBe(13)
  })

  it('goes on while the host serves others, and not for ever', async () => {
    const { pace, clock } = rehearse([])
    let sent = 0
    const send = retry({ pace, random: () => 0.5 })(async () => {
      sent++
      pace.of('registry.test').progress()
      return away()
    })
    expect((await send(get)).status).toBe(503)
    expect(sent).toBe(30)
    expect(clock.now()).toBeGreaterThan(60_000)
  })

  it('takes the end of a body for a sign of life', async () => {
    const { send, pace, clock } = rehearse([answer(200, { text: 'content' })])
    const { body } = await send(get)
    clock.pass(60_000)
    expect(pace.of('registry.test').hasPatience(0)).toBe(false)
    body.resume()
    await new Promise(resolve => body.once('end', resolve))
    expect(pace.of('registry.test').hasPatience(0)).toBe(true)
  })

  it('knows of both hosts where a redirect led elsewhere, and of the one that failed', async () => {
    const elsewhere = 'https://cdn.test/blob'
    const { send, pace } = rehearse([answer(200, { url: elsewhere }), answer(429, { url: elsewhere }), fine()])
    await send(get)
    expect(['registry.test', 'cdn.test', 'other.test'].map(host => pace.of(host).proven)).toEqual([true, true, false])
    const told: Retry[] = []
    const again = rehearse([answer(429, { url: elsewhere }), fine()], { onRetry: retry => told.push(retry) })
    await again.send(get)
    expect(told).toEqual([{ host: 'cdn.test', attempt: 2, reason: 'cdn.test says 429' }])
  })

  it('once given up, others do not wait as long one after the other, until it serves again', async () => {
    const { send, pace, sent } = rehearse([away()])
    pace.of('registry.test').progress()
    const counts: number[] = []
    for (const _ of [1, 2]) {
      const before = sent()
      await send(get)
      counts.push(sent() - before)
    }
    expect(counts).toEqual([17, 3])
    pace.of('registry.test').progress()
    const before = sent()
    await send(get)
    expect(sent() - before).toBe(17)
  })

  it('what a retry inside has given up, one around it does not begin again', async () => {
    const { send, pace, sent } = rehearse([broken('UNREACHABLE', 'ECONNREFUSED')])
    await expect(retry({ pace })(send)(get)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(sent()).toBe(3)
  })
})

describe('one is told to wait, all wait', () => {
  it.each<[number, Record<string, string>, number]>([
    [429, { 'retry-after': '7' }, 7000],
    // A PATCH is not sent again after it; the others wait all the same.
    [503, { 'retry-after': '7' }, 7000],
    [429, {}, 250],
    [503, {}, 0],
    [502, {}, 0],
  ])('after %i %j others wait %i ms', async (status, headers, expected) => {
    const { now, sleep, advance } = fakeClock()
    const pace = createPace({ now, sleep, random: () => 0.5 })
    const outcomes = [answer(status, { headers }), answer(200)]
    const first = retry({ pace, random: () => 0.5 })(async () => outcomes.shift() ?? answer(200))({
      method: 'PATCH',
      url,
    })
    await new Promise(resolve => setImmediate(resolve))
    let readyAt: number | undefined
    const ready = pace
      .of('registry.test')
      .ready(undefined)
      .then(() => {
        readyAt = now()
      })
    const elsewhere = pace.of('other.test').ready(undefined)
    await elsewhere
    await advance(expected - 1)
    expect(readyAt).toBe(expected === 0 ? 0 : undefined)
    await advance(1001)
    await Promise.allSettled([first, ready])
    expect(readyAt).toBeGreaterThanOrEqual(expected)
  })

  it('tells of one wait and of each repetition', async () => {
    const { now, sleep, advance } = fakeClock()
    const waits: Wait[] = []
    const again: Retry[] = []
    const pace = createPace({ now, sleep, random: () => 0.5, onWait: wait => waits.push(wait) })
    let sent = 0
    const send = retry({ pace, onRetry: retry => again.push(retry) })(async () =>
      sent++ < 8 ? answer(429, { url, headers: { 'retry-after': '12' } }) : answer(200),
    )
    const all = Promise.all(Array.from({ length: 8 }, () => send({ method: 'GET', url })))
    await advance(13_000)
    expect((await all).map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(waits).toEqual([{ host: 'registry.test', seconds: 12, reason: 'registry.test says 429' }])
    expect(again).toEqual(Array(8).fill({ host: 'registry.test', attempt: 2, reason: 'registry.test says 429' }))
  })
})

describe('a connection that had gone stale', () => {
  const staleness = (reused = true) => noteStale(broken('UNREACHABLE', 'ECONNRESET'), reused)

  it.each<[string, Partial<HttpRequest>, number]>([
    ['GET', { method: 'GET' }, 2],
    ['HEAD', { method: 'HEAD' }, 2],
    ['DELETE', { method: 'DELETE' }, 2],
    ['a POST without a body', { method: 'POST' }, 2],
    ['not a POST with one', { method: 'POST', body: full }, 1],
    ['not a PATCH with one', { method: 'PATCH', body: full }, 1],
    ['not what is sent once', { method: 'PUT', once: true }, 1],
  ])('%s goes out again at once, uncounted', async (_, request, expected) => {
    const told: Retry[] = []
    const { send, sent, sleeps } = rehearse([staleness(), answer(202)], {
      attempts: 1,
      onRetry: retry => told.push(retry),
    })
    await send({ method: 'GET', url, ...request }).catch(() => undefined)
    expect(sent()).toBe(expected)
    expect([sleeps, told]).toEqual([[], []])
  })

  it.each([
    ['a fresh connection', staleness(false)],
    ['another cause', noteStale(broken('UNREACHABLE', 'ECONNREFUSED'), true)],
    ['a refused certificate', noteStale(broken('TLS_FAILED', 'ECONNRESET'), true)],
  ])('%s counts', async (_, error) => {
    const { send, sent } = rehearse([error, answer(202)], { attempts: 1 })
    await send({ method: 'GET', url }).catch(() => undefined)
    expect(sent()).toBe(1)
  })

  it('a server that always hangs up is not asked for ever', async () => {
    const { send, sent } = rehearse([staleness()])
    await expect(send({ method: 'GET', url })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(sent()).toBe(8 + 3)
  })

  it('is known by its socket: over a real one, what a server closed is asked for again', async () => {
    const lives = new Map<object, number>()
    const server = await startRecorder((_, response) => {
      const { socket } = response
      if (socket === null) return
      const life = (lives.get(socket) ?? 0) + 1
      lives.set(socket, life)
      if (life > 1) socket.destroy()
      else response.end('ok')
    })
    try {
      const send = retry({ attempts: 1 })(testWire())
      for (let turn = 0; turn < 3; turn++) expect((await ask(send, { url: server.url })).text).toBe('ok')
      expect(server.connections()).toBe(3)
      expect(server.requests).toHaveLength(5)
    } finally {
      await server.close()
    }
  })
})

it('opens the body again for each attempt, and sends the same bytes', async () => {
  let count = 0
  const server = await startRecorder((_, response) => response.writeHead(++count < 3 ? 503 : 201).end())
  try {
    const body = bodyOf('the content')
    const request: HttpRequest = { method: 'PUT', url: `${server.url}/v2/a`, body }
    const { status } = await ask(retry({ pace: createPace(jumpingClock()) })(testWire()), request)
    expect([status, body.opened]).toEqual([201, 3])
    expect(server.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('the content'))
  } finally {
    await server.close()
  }
})
