import type { RequestListener, ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import type { Wait } from '../../src/http/pace.ts'
import { createRateLimit } from '../../src/http/rate.ts'
import type { Retry } from '../../src/http/retry.ts'
import type { Notice } from '../../src/model/notice.ts'
import { type TestClientOptions, testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

type Wrap = (handler: RequestListener) => RequestListener

/** A source with odd manners that holds the sample, and a destination. The manners begin after the seeding. */
async function stage(sample: Sample, wrap: Wrap) {
  let isOdd = false
  const source = closing(
    await startServer({
      wrap: handler => {
        const odd = wrap(handler)
        return (req, res) => (isOdd ? odd : handler)(req, res)
      },
    }),
  )
  const destination = closing(await startServer())
  const seeding = await testClient()
  await seed((await seeding.open(`${source.host}/app:v1`, { write: true })).store, sample, 'v1')
  seeding.close()
  source.requests.length = 0
  isOdd = true
  return { source, destination }
}

/** Copies, and notes what is told meanwhile. */
async function run(
  { source, destination }: { source: TestServer; destination: TestServer },
  given: TestClientOptions & CopyOptions = {},
) {
  const waits: Wait[] = []
  const retries: Retry[] = []
  const notices: Notice[] = []
  const notify = (notice: Notice) => notices.push(notice)
  const client = closing(
    await testClient({ onWait: wait => waits.push(wait), onRetry: retry => retries.push(retry), notify, ...given }),
  )
  const to = await client.open(`${destination.host}/app:v1`, { write: true })
  const result = await copy(await client.open(`${source.host}/app:v1`), to, { notify, ...given })
  return { client, result, waits, retries, notices }
}

const isBlob = ({ method, url }: { method?: string | undefined; url?: string | undefined }) =>
  method === 'GET' && url?.includes('/blobs/') === true

describe('a registry that says no for a while', () => {
  it('429 to eight at once: one wait is told, nobody asks meanwhile, and all goes well', async () => {
    let refused = 0
    const between: string[] = []
    const held: ServerResponse[] = []
    const places = await stage(makeImage({ layers: 7 }), handler => (req, res) => {
      if (!isBlob(req)) return handler(req, res)
      if (refused === 8) {
        if (!isOver) between.push(req.url ?? '')
        return handler(req, res)
      }
      held.push(res)
      if (held.length < 8) return
      refused = 8
      // Node's timers may fire a millisecond early.
      setTimeout(() => {
        isOver = true
      }, 950)
      for (const each of held) each.writeHead(429, { 'retry-after': '1', 'content-length': '0' }).end()
    })
    let isOver = false
    const { result, waits, retries } = await run(places)
    expect(result.blobs.copied).toBe(8)
    expect(between).toEqual([])
    expect(waits).toEqual([{ host: places.source.host, seconds: 1, reason: `${places.source.host} says 429` }])
    expect(retries).toHaveLength(8)
  })

  it('429 to one: who comes after it waits too', async () => {
    let answered = 0
    const early: string[] = []
    let isOver = false
    const server = closing(
      await startServer({
        wrap: handler => (req, res) => {
          if (answered++ > 0) {
            if (!isOver) early.push(req.url ?? '')
            return handler(req, res)
          }
          setTimeout(() => {
            isOver = true
          }, 950)
          res.writeHead(429, { 'retry-after': '1', 'content-length': '0' }).end()
        },
      }),
    )
    let tell = () => {}
    const told = new Promise<void>(resolve => {
      tell = resolve
    })
    const client = closing(await testClient({ onWait: () => tell() }))
    const resolve = async (name: string) => (await client.open(`${server.host}/${name}:v1`)).store.resolve('v1')
    const first = resolve('first').catch(({ code }) => code)
    await told
    const others = ['second', 'third'].map(name => resolve(name).catch(({ code }) => code))
    expect(await Promise.all([first, ...others])).toEqual(Array(3).fill('NOT_FOUND'))
    expect(early).toEqual([])
  })

  it.each([503, 429])('%i five times in a row, in the middle of a copy', async status => {
    let refused = 0
    const places = await stage(makeImage({ layers: 1 }), handler => (req, res) => {
      if (isBlob(req) && refused < 5) {
        refused++
        res.writeHead(status, { 'content-length': '0' }).end()
      } else handler(req, res)
    })
    const { result, retries } = await run(places)
    expect(result.blobs.copied).toBe(2)
    expect(retries).toHaveLength(5)
  })

  it('gives up on one that stays away, in bounded time', async () => {
    const places = await stage(makeImage({ layers: 1 }), handler => (req, res) => {
      if (isBlob(req)) res.writeHead(503, { 'content-length': '0' }).end()
      else handler(req, res)
    })
    await expect(run(places, { patience: 300 })).rejects.toMatchObject({ code: 'SERVER_FAILED' })
    expect(places.source.requests.filter(isBlob).length).toBeLessThan(30)
  })
})

describe('timeouts', () => {
  it('--stall-timeout: a body that stalls is opened again where it was', async () => {
    let stalls = 0
    const places = await stage(makeImage({ layers: [200_000] }), handler => (req, res) => {
      if (!isBlob(req) || stalls > 0) return handler(req, res)
      const write = res.write.bind(res)
      const end = res.end.bind(res)
      let sent = 0
      // The first bytes go out, the rest never comes.
      Object.assign(res, {
        write: (chunk: Buffer, ...rest: []) => {
          if (sent > 0) return false
          if (chunk.length < 10_000) return write(chunk, ...rest)
          sent += chunk.length
          stalls++
          return write(chunk.subarray(0, 1000), ...rest)
        },
        end: (...rest: []) => (stalls > 0 ? res : end(...rest)),
      })
      handler(req, res)
    })
    const { result } = await run(places, { flags: { stallTimeout: 1 } })
    expect(result.blobs.copied).toBe(2)
    expect(stalls).toBe(1)
    const ranges = places.source.requests.filter(isBlob).map(({ headers }) => headers.range)
    expect(ranges).toContain('bytes=1000-')
  })

  it('--connect-timeout: a host that takes connections and says nothing is given up', async () => {
    const sockets: Socket[] = []
    const server = createServer(socket => sockets.push(socket.on('error', () => {})))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    try {
      const client = closing(await testClient({ flags: { connectTimeout: 0.1, insecure: [host] } }))
      const { store } = await client.open(`${host}/app:v1`)
      await expect(store.resolve('v1')).rejects.toMatchObject({
        code: 'UNREACHABLE',
        message: expect.stringContaining(`no connection to ${host} came about`),
      })
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  })
})

describe('bounds', () => {
  it('--limit-rate counts every byte of every blob, once', async () => {
    const places = await stage(makeImage({ layers: [3000, 50_000] }), handler => handler)
    let taken = 0
    const limit = createRateLimit(1_000_000_000)
    const rateLimit = {
      ...limit,
      take: (bytes: number, signal?: AbortSignal) => {
        taken += bytes
        return limit.take(bytes, signal)
      },
    }
    const { result } = await run(places, { rateLimit })
    const manifest = places.source.requests.find(({ method, url }) => method === 'GET' && url.includes('/manifests/'))
    expect(manifest).toBeDefined()
    const blobs = result.bytes.copied - taken
    expect(taken).toBeGreaterThan(53_000)
    // What is left is the manifest.
    expect(blobs).toBeGreaterThan(0)
    expect(blobs).toBeLessThan(2000)
  })

  it('--limit-rate: an abort does not wait for it', async () => {
    const places = await stage(makeImage({ layers: [500_000] }), handler => handler)
    const abort = new AbortController()
    const reason = new Error('enough')
    const copying = run(places, {
      rateLimit: createRateLimit(1000),
      signal: abort.signal,
      onEvent: ({ type }) => {
        if (type === 'moved') abort.abort(reason)
      },
    })
    await expect(copying).rejects.toBe(reason)
  })

  it('--requests-per-second: each host is asked no more often', async () => {
    const arrivals: number[] = []
    const places = await stage(makeImage({ layers: 2 }), handler => (req, res) => {
      arrivals.push(performance.now())
      handler(req, res)
    })
    const begin = performance.now()
    await run(places, { flags: { requestsPerSecond: 20 } })
    expect(arrivals.length).toBeGreaterThanOrEqual(5)
    // A lower bound holds on a slow machine too, on which the first may arrive late; a millisecond a timer is let go.
    expect((arrivals.at(-1) ?? 0) - begin).toBeGreaterThan((arrivals.length - 1) * 48)
  })

  it.each([
    [1, undefined, 2],
    [undefined, 3, 3],
    [9, 4, 4],
  ])('--jobs %s and requests %s in the configuration: at most %i at once', async (jobs, requests, most) => {
    let [now, top] = [0, 0]
    const places = await stage(makeImage({ layers: 12 }), handler => async (req, res) => {
      top = Math.max(top, ++now)
      res.once('close', () => now--)
      await delay(5)
      handler(req, res)
    })
    const { mkdtempSync, writeFileSync } = await import('node:fs')
    const home = mkdtempSync('/tmp/regctl-manners-')
    writeFileSync(
      `${home}/config.json`,
      JSON.stringify({ hosts: { [places.source.host]: requests ? { requests } : {} } }),
    )
    await run(places, { home, env: { REGCTL_CONFIG: `${home}/config.json` }, flags: jobs ? { jobs } : {}, jobs: 12 })
    expect(top).toBeLessThanOrEqual(most)
    expect(top).toBeGreaterThan(0)
  })
})

describe('PROTOCOL 3.1: pulls that a registry still grants', () => {
  /** Each GET of a manifest costs one, as at Docker Hub. */
  const granting = (granted: number): Wrap => {
    let remaining = granted
    return handler => (req, res) => {
      if (req.method === 'GET' && req.url?.includes('/manifests/')) remaining--
      res.setHeader('ratelimit-limit', '100;w=21600').setHeader('ratelimit-remaining', `${remaining};w=21600`)
      handler(req, res)
    }
  }
  const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })

  it.each<[string, Sample, number, string | undefined]>([
    ['enough for an index', index, 3, undefined],
    ['too few for its images', index, 2, '1 more of 100 pulls, and this copy needs up to 2'],
    ['none at all', makeImage(), 0, '0 more of 100 pulls, and this copy needs one'],
    ['none at all for an index, told once', index, 0, '0 more of 100 pulls, and this copy needs one'],
    ['the last one', makeImage(), 1, undefined],
  ])('%s', async (_, sample, granted, expected) => {
    const places = await stage(sample, granting(granted))
    const { client, result, notices } = await run(places)
    const remaining = granted - (sample === index ? 3 : 1)
    const quota = remaining < 0 ? undefined : { limit: 100, remaining, windowSeconds: 21600 }
    if (quota) expect([client.quota(places.source.host), result.rateLimit]).toEqual([quota, quota])
    expect(notices).toEqual(
      expected === undefined ? [] : [{ code: 'RATE_LIMIT_LOW', message: expect.stringContaining(expected) }],
    )
  })

  it('a registry that grants without counting says nothing', async () => {
    const places = await stage(makeImage(), handler => handler)
    const { client, result } = await run(places)
    expect(client.quota(places.source.host)).toBeUndefined()
    expect(result).not.toHaveProperty('rateLimit')
  })
})
