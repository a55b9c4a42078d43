import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FanOutOptions } from '../../src/copy/fan-out.ts'
import { copyToMany } from '../../src/copy/many.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import { testClient } from '../helpers/client.ts'
import { type FaultProxy, type Rule, startFaultProxy } from '../helpers/fault-proxy.ts'
import { makeIndex, rawImage, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const MiB = 1024 * 1024
let source: TestServer
let servers: TestServer[]
beforeEach(async () => {
  source = await startServer()
  servers = await Promise.all([1, 2, 3].map(() => startServer()))
})
afterEach(() => Promise.all([source, ...servers].map(server => server.close())))

async function putAt(place: string, sample: Sample) {
  const client = await testClient()
  await seed((await client.open(place, { write: true })).store, sample, 'v1')
  await client.close()
}

async function given(sample: Sample) {
  await putAt(`${source.host}/demo/app:v1`, sample)
  source.requests.length = 0
}

type RunOptions = CopyOptions & FanOutOptions & { env?: Record<string, string> }

async function run(destinations: readonly string[], { env, ...options }: RunOptions = {}) {
  for (const server of [source, ...servers]) server.requests.length = 0
  const client = await testClient({ ...(env && { env }) })
  try {
    const to = await Promise.all(destinations.map(text => client.open(text, { write: true })))
    return await copyToMany(await client.open(`${source.host}/demo/app:v1`), to, options)
  } finally {
    await client.close()
  }
}

async function expectWhole(place: string, { root, contents }: Sample) {
  const client = await testClient()
  const { store, reference } = await client.open(place)
  expect((await store.resolve(reference)).digest).toBe(root.digest)
  for (const { descriptor } of contents.values()) expect(await store.stat(descriptor)).toBeDefined()
  await client.close()
}

const everywhere = () => servers.map(({ host }) => `${host}/demo/app:v1`)
const blobGets = () => source.requests.filter(({ method, url }) => method === 'GET' && url.includes('/blobs/'))
const count = ({ requests }: TestServer, what: RegExp) =>
  requests.filter(({ method, url }) => what.test(`${method} ${url}`)).length

describe('a copy to three registries', () => {
  it.each([
    ['an image', rawImage([3 * MiB, MiB, 1000])],
    ['an index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true })],
  ])('reads the bytes of %s once, and costs each destination what it costs one', async (_name, sample) => {
    await given(sample)
    const result = await run(everywhere())
    const blobs = [...sample.contents.values()].filter(
      ({ descriptor }) => !descriptor.mediaType.includes('manifest') && !descriptor.mediaType.includes('index'),
    ).length
    const manifests = sample.contents.size - blobs
    expect(blobGets()).toHaveLength(blobs)
    expect(source.requests).toHaveLength(1 + manifests + blobs)
    for (const [at, server] of servers.entries()) {
      await expectWhole(everywhere()[at] ?? '', sample)
      expect(result.destinations[at]).toMatchObject({ requests: { destination: 2 * blobs + manifests + 2 } })
      expect(count(server, /^POST /)).toBe(blobs)
    }
  })

  it('unchanged: a HEAD at each side', async () => {
    await given(rawImage([1000]))
    await run(everywhere())
    await run(everywhere())
    expect([source, ...servers].map(({ requests }) => requests.length)).toEqual([1, 1, 1, 1])
  })

  it('in one registry the second and third repository mount', async () => {
    const sample = rawImage([MiB, 1000])
    await given(sample)
    const [server = source] = servers
    const places = ['a', 'b', 'c'].map(name => `${server.host}/${name}:v1`)
    const result = await run(places)
    expect(result.destinations).toMatchObject([
      { blobs: { copied: 3, mounted: 0 } },
      { blobs: { copied: 0, mounted: 3 } },
      { blobs: { copied: 0, mounted: 3 } },
    ])
    expect(blobGets()).toHaveLength(3)
    expect(count(server, /^PUT .*\/blobs\//)).toBe(3)
    for (const place of places) await expectWhole(place, sample)
  })

  it('many blobs wait for no slow one of another', async () => {
    const sample = rawImage(Array.from({ length: 60 }, (_, at) => 2000 + at))
    await given(sample)
    // Nobody waits so long here.
    await run(everywhere(), { patience: 1e9 })
    expect(blobGets()).toHaveLength(61)
    for (const place of everywhere()) await expectWhole(place, sample)
  })

  it('registries that take two requests at a time, in an order of their own, do not keep each other waiting for ever', async () => {
    const sample = rawImage(Array.from({ length: 30 }, (_, at) => 2000 + at))
    await given(sample)
    await Promise.all(servers.map(server => server.close()))
    // Each answers in an order of its own.
    let at = 0
    servers = await Promise.all(
      [1, 2, 3].map(() =>
        startServer({
          wrap: handler => (req, res) => {
            if (req.method === 'POST') setTimeout(() => handler(req, res), (at++ * 7919) % 50)
            else handler(req, res)
          },
        }),
      ),
    )
    // Where the name is known nothing is opened before a registry has said that it lacks it.
    for (const place of everywhere()) await putAt(place, rawImage([1000]))
    const home = await mkdtemp(join(tmpdir(), 'regctl-slow-'))
    const config = join(home, 'config.json')
    const hosts = Object.fromEntries(servers.map(({ host }) => [host, { requests: 2 }]))
    await writeFile(config, JSON.stringify({ hosts }))
    await run(everywhere(), { patience: 300, env: { REGCTL_CONFIG: config } })
    // What had been waiting for each other was read again, each by who was late, and by nobody twice.
    const reads = new Map<string, number>()
    for (const { url } of blobGets()) reads.set(url, (reads.get(url) ?? 0) + 1)
    expect(reads.size).toBe(31)
    expect(Math.max(...reads.values())).toBeLessThanOrEqual(3)
    for (const place of everywhere()) await expectWhole(place, sample)
  })

  it('a layer goes to a folder and to a registry from one read', async () => {
    const sample = rawImage([2 * MiB])
    await given(sample)
    const folder = await mkdtemp(join(tmpdir(), 'regctl-many-'))
    const places = [`oci:${folder}:v1`, everywhere()[0] ?? '']
    await run(places)
    expect(blobGets()).toHaveLength(2)
    for (const place of places) await expectWhole(place, sample)
  })
})

describe('a copy to two registries, of which one has trouble', () => {
  let way: FaultProxy
  const sample = rawImage([6 * MiB])
  const given2 = async (rules: Rule[], image = sample) => {
    await given(image)
    way = await startFaultProxy(servers[1]?.host ?? '')
    way.rules.push(...rules)
    return [`${servers[0]?.host}/demo/app:v1`, `${way.host}/demo/app:v1`]
  }
  afterEach(() => way.close())
  const readBytes = (events: { bytes: number }[]) => events.reduce((sum, { bytes }) => sum + bytes, 0)

  async function measured(places: readonly string[]) {
    const moved: { bytes: number }[] = []
    const onEvent: CopyOptions['onEvent'] = event => {
      if (event.type === 'moved') moved.push(event)
    }
    return { result: await run(places, { onEvent }), bytes: readBytes(moved) }
  }

  it('an upload that breaks goes on where it was, by a read of its own; the other is not disturbed', async () => {
    const places = await given2([{ on: 'PUT upload', times: 2, fault: { up: { after: 3 * MiB, harm: 'cut' } } }])
    const { result, bytes } = await measured(places)
    for (const place of places) await expectWhole(place, sample)
    expect(result.destinations.every(each => !('error' in each))).toBe(true)
    expect(count(servers[0] ?? source, /^POST /)).toBe(2)
    expect(count(servers[0] ?? source, /^PUT .*\/blobs\//)).toBe(2)
    // The first two uploads are the config, which is too small to be hit, and the layer; of that at most all a second time.
    expect(bytes).toBeGreaterThan(7 * MiB)
    expect(bytes).toBeLessThanOrEqual(12.1 * MiB)
  })

  it('one that stalls is left to itself after a while, and the other does not wait for it', async () => {
    // More than the buffers of two connections hold.
    const large = rawImage([24 * MiB])
    const layer = [...large.contents.keys()].find(digest => large.contents.get(digest)?.descriptor.size === 24 * MiB)
    const places = await given2(
      [{ on: 'PUT upload', fault: { up: { after: MiB, harm: 'stall', milliseconds: 1500 } } }],
      large,
    )
    const done: string[] = []
    const result = await run(places, {
      patience: 200,
      onEvent: event => {
        if (event.type === 'started') done.push(event.content.digest)
      },
    })
    for (const place of places) await expectWhole(place, large)
    expect(result.destinations.every(each => !('error' in each))).toBe(true)
    // The layer was opened a second time, further on.
    expect(done.filter((digest, at) => done.indexOf(digest) !== at)).toContain(layer)
  })

  it('a registry that refuses for good is reported, and the other has it all', async () => {
    const places = await given2([
      { on: 'POST uploads', fault: { answer: () => ({ status: 403, headers: {}, body: '' }) } },
    ])
    const { result } = await measured(places)
    expect(result.destinations[1]).toMatchObject({ error: { code: 'DENIED' } })
    await expectWhole(places[0] ?? '', sample)
  })
})
