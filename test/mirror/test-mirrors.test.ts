import { describe, expect, it } from 'vitest'
import { accelerators, knownOf } from '../../src/mirror/candidates.ts'
import { testMirrors } from '../../src/mirror/test-mirrors.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { rawImage, seed } from '../helpers/images.ts'
import { type MirrorServer, type Quirk, startMirror } from '../helpers/registries/mirrors.ts'

const repository = 'library/busybox'
const image = rawImage([400_000, 20_000_000], 'probed')
const old = rawImage([400_000], 'probed, long ago')

/** Servers of a registry with the image, tested as `mirror test` does. */
async function test(mirrors: readonly Pick<MirrorServer, 'url'>[], { upstream = image, timeout = 20_000 } = {}) {
  const client = closing(await testClient())
  const own = memoryStore('docker.io/library/busybox')
  await seed(own, upstream, 'latest')
  const { connect, places } = await client.mirrors()
  const found = await places(
    { registry: 'docker.io', repository },
    mirrors.map(({ url }) => url),
  )
  return testMirrors(
    found.map(place => ({ mirror: place.name, connect: () => connect(place) })),
    { upstream: own, reference: 'latest', timeout },
  )
}

const has = (quirk: Quirk, sample = image) => startMirror(quirk, { images: [{ repository, sample, tag: 'latest' }] })

it('ranks five mirrors rightly, and flags the stale one', async () => {
  const [down, lying, stale, good, lacking] = [
    await has('down'),
    await has('lying'),
    await has('stale', old),
    await has('good'),
    await has('lacking'),
  ]
  const { image: name, upstream, mirrors } = await test([down, lying, stale, good, lacking])
  expect(name).toBe('docker.io/library/busybox:latest')
  expect(upstream.digest).toBe(image.root.digest)
  expect(mirrors.map(({ rank, mirror, state }) => [rank, mirror, state])).toEqual([
    [1, good.url, 'good'],
    [2, stale.url, 'stale'],
    [3, lacking.url, 'lacking'],
    [4, lying.url, 'wrong'],
    [5, down.url, 'unreachable'],
  ])
  expect(mirrors[0]).toMatchObject({ v2: 200, digest: image.root.digest, ranges: true, tls: false })
  expect(mirrors[0]?.bytesPerSecond).toBeGreaterThan(0)
  expect(mirrors[0]?.error).toBeUndefined()
  expect(mirrors[1]).toMatchObject({ digest: old.root.digest, error: expect.stringContaining(image.root.digest) })
  expect(mirrors[4]?.error).toMatch(/refused the connection/)
  for (const server of [lying, stale, good, lacking]) expect(server.logins()).toEqual([])
})

describe('what a mirror shows', () => {
  it.each<[Quirk, string, RegExp]>([
    ['login', 'login', /gives no token without logging in/],
    ['basic', 'login', /wants a login/],
    ['hollow', 'lacking', /there is no blob/],
    ['broken', 'broken', /failed on/],
    ['limited', 'broken', /limits requests/],
    ['page', 'broken', /web page/],
    ['silent', 'slow', /not done within 3 s/],
    ['stuck', 'slow', /not done within 3 s/],
    ['short', 'wrong', /does not match/],
  ])('%s: %s', async (quirk, state, error) => {
    const { mirrors } = await test([await has(quirk)], { timeout: 3000 })
    expect(mirrors).toMatchObject([{ rank: 1, state, error: expect.stringMatching(error) }])
  })

  it('one that cannot give parts says so', async () => {
    const server = closing(await startMirror('good', { images: [{ repository, sample: image, tag: 'latest' }] }))
    const whole = await startMirror('whole', { images: [{ repository, sample: image, tag: 'latest' }] })
    const { mirrors } = await test([server, whole])
    expect(Object.fromEntries(mirrors.map(({ mirror, ranges }) => [mirror, ranges]))).toEqual({
      [server.url]: true,
      [whole.url]: false,
    })
  })

  it('a name that is none', async () => {
    const { mirrors } = await test([{ url: 'http://nowhere.invalid' }])
    expect(mirrors).toMatchObject([
      { state: 'unreachable', error: expect.stringMatching(/nowhere\.invalid cannot be resolved \(E/) },
    ])
  })
})

it('of good ones the faster is first', async () => {
  const slow = await has('slow')
  const good = await has('good')
  const { mirrors } = await test([slow, good])
  expect(mirrors.map(({ mirror }) => mirror)).toEqual([good.url, slow.url])
  expect(mirrors.map(({ state }) => state)).toEqual(['good', 'good'])
})

it('without the registry itself nobody is called stale', async () => {
  const stale = await has('stale', old)
  const client = closing(await testClient())
  const { connect, places } = await client.mirrors()
  const [place] = await places({ registry: 'docker.io', repository }, [stale.url])
  if (!place) throw new Error('there is one')
  const upstream = { ...memoryStore('docker.io/library/busybox'), location: 'docker.io/library/busybox' }
  upstream.resolve = async () => {
    throw new RegctlError('UNREACHABLE', 'registry-1.docker.io did not answer')
  }
  const result = await testMirrors([{ mirror: place.name, connect: () => connect(place) }], {
    upstream,
    reference: 'latest',
  })
  expect(result).toMatchObject({
    upstream: { error: 'registry-1.docker.io did not answer' },
    mirrors: [{ state: 'good', digest: old.root.digest }],
  })
})

it('an interruption ends it', async () => {
  const silent = await has('silent')
  const client = closing(await testClient())
  const { connect, places } = await client.mirrors()
  const [place] = await places({ registry: 'docker.io', repository }, [silent.url])
  if (!place) throw new Error('there is one')
  const stop = new AbortController()
  const upstream = memoryStore('docker.io/library/busybox')
  await seed(upstream, image, 'latest')
  const running = testMirrors([{ mirror: place.name, connect: () => connect(place) }], {
    upstream,
    reference: 'latest',
    signal: stop.signal,
  })
  stop.abort(new RegctlError('INTERRUPTED', 'stopped'))
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' })
})

it.each([
  ['https://abc123.mirror.aliyuncs.com', /per account/],
  ['https://hub-mirror.c.163.com', /NetEase/],
  ['https://mirror.baidubce.com', /Baidu/],
  ['https://abc.mirror.aliyuncs.com.evil.example', undefined],
  ['https://mirror.example', undefined],
])('%s: what is known of it', (url, known) => {
  if (known) expect(knownOf(url)).toMatch(known)
  else expect(knownOf(url)).toBeUndefined()
})

it('the candidates are addresses, each once', () => {
  expect(new Set(accelerators.map(({ url }) => new URL(url).origin))).toEqual(
    new Set(accelerators.map(({ url }) => url)),
  )
})
