import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { copyToMany } from '../../src/copy/many.ts'
import { lend } from '../../src/http/lent.ts'
import { NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { isManifestType } from '../../src/model/media-types.ts'
import type { Notice } from '../../src/model/notice.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { type MirroredOptions, type MirroredStore, mirrored } from '../../src/store/mirrored.ts'
import type { MirrorMemory } from '../../src/store/mirrors.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Source, Store } from '../../src/store/store.ts'
import { makeImage, openBytes, randomBlob, rawImage, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { describeStore } from './contract.ts'

/** Nothing on disk. */
function forgetful(): MirrorMemory {
  const failed = new Map<string, string>()
  return {
    leftOut: async name => failed.get(name),
    fail: (name, { message }) => failed.set(name, message),
  }
}

interface Set {
  store: MirroredStore
  upstream: Store
  notices: Notice[]
}

function around(upstream: Store, mirrors: Record<string, Source>, options: Partial<MirroredOptions> = {}): Set {
  const notices: Notice[] = []
  const store = mirrored(upstream, {
    mirrors: Object.entries(mirrors).map(([name, source]) => ({ name, source, resolve: false })),
    memory: forgetful(),
    notify: notice => notices.push(notice),
    ...options,
  })
  return { store, upstream, notices }
}

describeStore('a store with an empty mirror', async () => ({
  store: around(memoryStore(), { mirror: memoryStore() }).store,
}))

describeStore('a store whose mirror is itself', async () => {
  const upstream = memoryStore()
  return { store: around(upstream, { mirror: upstream }).store }
})

const blob = randomBlob(5_000_000, undefined, 'mirrored')

async function holding(...contents: (typeof blob)[]): Promise<Store> {
  const store = memoryStore()
  for (const { descriptor, bytes } of contents) await store.push(descriptor, openBytes(bytes))
  return store
}

/** Gives the first bytes and then breaks, or ends when `error` is left out; `offsets` are those it was asked for. */
function breaking(store: Store, after: number, error?: Error): Store & { offsets: number[] } {
  const offsets: number[] = []
  const broken = overriding(store, {
    fetch: async (target, { offset = 0 } = {}) => {
      offsets.push(offset)
      const chunks: Buffer[] = []
      for await (const chunk of await store.fetch(target, { offset })) chunks.push(Buffer.from(chunk))
      const bytes = Buffer.concat(chunks).subarray(0, Math.max(0, after - offset))
      return Readable.from(
        (async function* () {
          yield bytes
          if (error) throw error
        })(),
        { objectMode: false },
      )
    },
  })
  return Object.assign(broken, { offsets })
}

const cut = new RegctlError('UNREACHABLE', 'mirror closed the connection in the middle')

describe('a body that breaks off', () => {
  it.each([
    ['with an error', cut],
    ['without one', undefined],
  ])('%s goes on at the next source, from the same byte, under one hash', async (_, error) => {
    const first = breaking(await holding(blob), 2_000_000, error)
    const second = breaking(await holding(blob), 3_000_000, error)
    const last = breaking(await holding(blob), Number.POSITIVE_INFINITY)
    const { store, notices } = around(last, { first, second })
    expect((await readVerified(store, blob.descriptor, { cap: 1e7 })).equals(blob.bytes)).toBe(true)
    expect([first.offsets, second.offsets, last.offsets]).toEqual([[0], [2_000_000], [3_000_000]])
    expect(store.served()).toMatchObject([
      { source: 'first', bytes: 2_000_000, blobs: 0 },
      { source: 'second', bytes: 1_000_000, blobs: 0 },
      { source: 'memory', bytes: 2_000_000, blobs: 1 },
    ])
    expect(notices.map(({ code }) => code)).toEqual(['MIRROR_FAILED', 'MIRROR_FAILED'])
  })

  it('that ended well with little is not built upon', async () => {
    const page = breaking(await holding(blob), 2000)
    const last = breaking(await holding(blob), Number.POSITIVE_INFINITY)
    const { store } = around(last, { page })
    expect((await readVerified(store, blob.descriptor, { cap: 1e7 })).equals(blob.bytes)).toBe(true)
    expect(last.offsets).toEqual([0])
  })

  it('of the registry itself is an error as ever', async () => {
    const { store } = around(breaking(await holding(blob), 2_000_000, cut), { empty: memoryStore() })
    await expect(readVerified(store, blob.descriptor, { cap: 1e7 })).rejects.toBe(cut)
  })
})

describe('wrong bytes', () => {
  const lying = (store: Store): Store =>
    overriding(store, {
      fetch: async (target, options) => {
        // Its manifests are right: otherwise it would be left out before the first blob.
        if (isManifestType(target.mediaType)) return store.fetch(target, options)
        const chunks: Buffer[] = []
        for await (const chunk of await store.fetch(target, options)) chunks.push(Buffer.from(chunk).fill(7))
        return Readable.from(chunks, { objectMode: false })
      },
    })

  it('T11: are found out, told, and fetched again elsewhere', async () => {
    const { store, notices } = around(await holding(blob), { liar: lying(await holding(blob)) })
    expect((await readVerified(store, blob.descriptor, { cap: 1e7 })).equals(blob.bytes)).toBe(true)
    expect(notices).toMatchObject([{ code: 'MIRROR_FAILED', message: expect.stringContaining('mirror liar') }])
    expect(store.served()).toMatchObject([
      { blobs: 0, bytes: 0 },
      { blobs: 1, bytes: blob.bytes.length },
    ])
  })

  it('of a body with two sources accuse neither, and come from a third', async () => {
    const first = breaking(lying(await holding(blob)), 2_000_000, cut)
    const second = await holding(blob)
    const other = randomBlob(100, undefined, 'other')
    await second.push(other.descriptor, openBytes(other.bytes))
    const { store, notices } = around(await holding(blob), { first, second })
    expect((await readVerified(store, blob.descriptor, { cap: 1e7 })).equals(blob.bytes)).toBe(true)
    expect(notices.map(({ message }) => message).join()).not.toContain('mirror second')
    await readVerified(store, other.descriptor)
    expect(store.served()).toMatchObject([{}, { source: 'second', blobs: 1 }, { source: 'memory', blobs: 1 }])
  })

  it('of the registry itself are nobody else’s fault', async () => {
    const { store } = around(lying(await holding(blob)), { empty: memoryStore() })
    await expect(readVerified(store, blob.descriptor, { cap: 1e7 })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  it('spoil no copy to several destinations from one read', async () => {
    const image = rawImage([2_000_000, 300_000], 'spoilt for many')
    const [upstream, mirror] = [memoryStore(), memoryStore()]
    await seed(upstream, image, 'v1')
    await seed(mirror, image)
    const { store } = around(upstream, { liar: lying(mirror) })
    const places = ['a', 'b', 'c'].map(name => ({ store: memoryStore(name), reference: 'v1' }))
    const { destinations } = await copyToMany({ store, reference: 'v1' }, places)
    expect(destinations.filter(each => 'error' in each)).toEqual([])
    for (const { store } of places)
      for (const { descriptor, bytes } of image.contents.values())
        expect((await readVerified(store, descriptor)).equals(bytes)).toBe(true)
  })

  it('of all mirrors and of the registry end in the error that they are', async () => {
    const mirrors = { a: lying(await holding(blob)), b: lying(await holding(blob)) }
    const { store } = around(lying(await holding(blob)), mirrors)
    await expect(readVerified(store, blob.descriptor, { cap: 1e7 })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  it('spoil no copy, and what an upload had kept of them is not gone on from', async () => {
    const image = rawImage([2_000_000], 'spoilt')
    const [upstream, mirror, to] = [memoryStore(), memoryStore(), memoryStore()]
    await seed(upstream, image, 'v1')
    await seed(mirror, image)
    const { store } = around(upstream, { liar: lying(mirror) })
    await copy({ store, reference: 'v1' }, { store: to, reference: 'v1' })
    for (const { descriptor, bytes } of image.contents.values())
      expect((await readVerified(to, descriptor)).equals(bytes)).toBe(true)
  })
})

it('a mirror that gives next to nothing is given up; the time its reader takes is not held against it', async () => {
  let clock = 0
  const trickle = (delay: { source: number }): Store =>
    overriding(memoryStore(), {
      fetch: async () =>
        Readable.from(
          (async function* () {
            for (let at = 0; at < blob.bytes.length; at += 1_000_000) {
              clock += delay.source
              yield blob.bytes.subarray(at, at + 1_000_000)
            }
          })(),
          { objectMode: false, highWaterMark: 0 },
        ),
    })
  const pace = { window: 1000, least: 1_000_000, now: () => clock }
  const slow = around(await holding(blob), { slow: trickle({ source: 1100 }) }, { pace })
  expect((await readVerified(slow.store, blob.descriptor, { cap: 1e7 })).equals(blob.bytes)).toBe(true)
  expect(slow.notices).toMatchObject([{ message: expect.stringContaining('slow gave 1000000 bytes in 1 s') }])

  const fast = around(await holding(blob), { fast: trickle({ source: 900 }) }, { pace })
  for await (const _ of lend(await fast.store.fetch(blob.descriptor))) clock += 60_000
  expect(fast.notices).toEqual([])
})

it('T28: writes, deletions, tags and referrers never reach a mirror', async () => {
  const touched: string[] = []
  const mirror = new Proxy(memoryStore(), {
    get: (_, name) => {
      touched.push(String(name))
      throw new Error(`${String(name)} of a mirror`)
    },
  })
  const image = makeImage()
  const upstream = memoryStore()
  const { store } = around(upstream, { mirror })
  await seed(store, image, 'v1')
  for await (const tag of store.tags()) expect(tag).toBe('v1')
  for await (const _ of store.referrers(image.root)) expect.fail('there are none')
  await store.resolve('v1')
  await store.untag('v1')
  await store.delete(image.root)
  expect(touched).toEqual([])
})

it('an interruption is no failure of a mirror', async () => {
  const stop = new AbortController()
  const mirror = overriding(memoryStore(), {
    fetch: async () => {
      stop.abort(new RegctlError('INTERRUPTED', 'stopped'))
      throw stop.signal.reason
    },
  })
  const { store, notices } = around(await holding(blob), { mirror })
  await expect(store.fetch(blob.descriptor, { signal: stop.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(notices).toEqual([])
})

it('who lacks one part is not asked for the others', async () => {
  const asked: string[] = []
  const mirror = overriding(memoryStore(), {
    fetch: async ({ digest }) => {
      asked.push(digest)
      throw new NotFoundError('not here')
    },
  })
  const others = [randomBlob(10), randomBlob(11)]
  const { store } = around(await holding(blob, ...others), { mirror })
  for (const { descriptor } of [blob, ...others]) await readVerified(store, descriptor, { cap: 1e7 })
  expect(asked).toEqual([blob.descriptor.digest])
})
