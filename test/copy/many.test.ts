import { describe, expect, it } from 'vitest'
import type { CopyEvent } from '../../src/copy/events.ts'
import { type CopyToManyResult, copyToMany } from '../../src/copy/many.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

const MiB = 1024 * 1024

/** Everything asked of a store. */
function watched(store: Store) {
  const log: string[] = []
  const watch = overriding(store, {
    stat: (target, options) => {
      log.push(`stat ${target.digest}`)
      return store.stat(target, options)
    },
    fetch: (target, options) => {
      log.push(`fetch ${target.digest}`)
      return store.fetch(target, options)
    },
    push: (target, open, options) => {
      log.push(`push ${target.digest}${options?.mountFrom?.startsWith('reg') ? ` from ${options.mountFrom}` : ''}`)
      return store.push(target, open, options)
    },
  })
  return { store: watch, log }
}

async function given(sample: Sample, names = ['one.example/a', 'two.example/a', 'three.example/a']) {
  const origin = memoryStore('source.example/app')
  await seed(origin, sample, 'v1')
  const source = watched(origin)
  const stores = names.map(name => memoryStore(name))
  const run = (options: CopyOptions = {}, to: readonly Store[] = stores) =>
    copyToMany(
      { store: source.store, reference: 'v1' },
      to.map((store, at) => ({ store, reference: `t${at}` })),
      options,
    )
  const fetches = () => source.log.filter(line => line.startsWith('fetch '))
  return { origin, source, stores, run, fetches }
}

async function expectWhole(store: Store, sample: Sample, tag: string) {
  expect((await store.resolve(tag)).digest).toBe(sample.root.digest)
  for (const { descriptor, bytes } of sample.contents.values())
    expect((await readVerified(store, descriptor, { cap: 1e9 })).equals(bytes)).toBe(true)
}

const failing = (store: Store, when: (digest: string, mediaType: string) => boolean, message = 'disk full') =>
  overriding(store, {
    push: async (target, open, options) => {
      if (!when(target.digest, target.mediaType)) return store.push(target, open, options)
      throw new RegctlError('DENIED', message)
    },
  })

const errorsOf = ({ destinations }: CopyToManyResult) =>
  destinations.map(each => ('error' in each ? each.error.message : undefined))

describe('copyToMany', () => {
  it.each([
    ['an image', makeImage({ layers: [3 * MiB, 1000] })],
    ['an index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true })],
    ['an artifact', makeArtifact({ artifactType: 'application/vnd.example' })],
  ])('brings %s to three destinations, and reads each content once', async (_name, sample) => {
    const { stores, run, fetches } = await given(sample)
    const result = await run()
    for (const [at, store] of stores.entries()) await expectWhole(store, sample, `t${at}`)
    expect(new Set(fetches()).size).toBe(fetches().length)
    const bytes = [...sample.contents.values()].reduce((sum, content) => sum + content.bytes.length, 0)
    for (const each of result.destinations) {
      expect(each).toMatchObject({ digest: sample.root.digest, bytes: { copied: bytes, skipped: 0 } })
    }
  })

  it('asks nothing more of one that is unchanged', async () => {
    const sample = makeImage()
    const { stores, run } = await given(sample)
    const [first, second, third] = stores.map(watched)
    if (!first || !second || !third) throw new Error('no store')
    await seed(second.store, sample, 't1')
    second.log.length = 0
    const result = await run({}, [first.store, second.store, third.store])
    expect(second.log).toEqual([])
    expect(result.destinations[1]).toMatchObject({ manifests: { copied: 0, skipped: 1 }, blobs: { copied: 0 } })
    await expectWhole(third.store, sample, 't2')
  })

  it('all unchanged: no content is read', async () => {
    const { run, source } = await given(makeImage())
    await run()
    source.log.length = 0
    await run()
    expect(source.log).toEqual([])
  })

  it('one that has a part of the image takes no part in that: nothing below what it has is asked of it', async () => {
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const { stores, run } = await given(sample)
    const [child] = [...sample.contents.values()].filter(
      ({ descriptor }) => descriptor.mediaType === mediaTypes.ociManifest,
    )
    if (!child) throw new Error('no child')
    const { config, layers } = JSON.parse(child.bytes.toString())
    const [one = memoryStore(), two = memoryStore()] = stores
    for (const each of [config, ...layers, child.descriptor]) {
      const content = sample.contents.get(each.digest)
      if (content) await seed(one, { root: content.descriptor, contents: new Map([[each.digest, content]]) })
    }
    // It knows the name, so that it is asked what it has.
    await seed(one, makeImage(), 't0')
    const watch = watched(one)
    await run({}, [watch.store, two])
    for (const { digest } of [config, ...layers, child.descriptor]) {
      expect(watch.log).not.toContain(`push ${digest}`)
    }
    await expectWhole(one, sample, 't0')
    await expectWhole(two, sample, 't1')
  })

  it.each<[string, (sample: Sample) => (digest: string, mediaType: string) => boolean]>([
    ['at a layer', () => (_, type) => type.includes('layer')],
    ['at the config', () => (_, type) => type.includes('config')],
    ['at the manifest', sample => digest => digest === sample.root.digest],
  ])('one that fails %s does not stop the others', async (_name, when) => {
    const sample = makeImage({ layers: [3 * MiB, 1000] })
    const { stores, run, fetches } = await given(sample)
    const [one = memoryStore(), two = memoryStore(), three = memoryStore()] = stores
    const result = await run({}, [one, failing(two, when(sample)), three])
    expect(errorsOf(result)).toEqual([undefined, 'disk full', undefined])
    await expectWhole(one, sample, 't0')
    await expectWhole(three, sample, 't2')
    await expect(two.resolve('t1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(new Set(fetches()).size).toBe(fetches().length)
  })

  it('one that breaks off in the middle of a blob does not disturb the others', async () => {
    const sample = makeImage({ layers: [4 * MiB] })
    const { stores, run } = await given(sample)
    const [one = memoryStore(), two = memoryStore()] = stores
    const breaking = overriding(two, {
      push: async (target, open, options) => {
        if (target.size < MiB) return two.push(target, open, options)
        for await (const _chunk of await open()) throw new RegctlError('UNREACHABLE', 'broken')
        return 'pushed'
      },
    })
    expect(errorsOf(await run({}, [one, breaking]))).toEqual([undefined, 'broken'])
    await expectWhole(one, sample, 't0')
  })

  it('does not wait for one that has a blob already', async () => {
    const sample = makeImage({ layers: [2 * MiB, 1000] })
    const { stores, fetches } = await given(sample)
    const [one = memoryStore(), two = memoryStore(), three = memoryStore()] = stores
    const layer = [...sample.contents.values()].find(({ descriptor }) => descriptor.size > MiB)
    if (!layer) throw new Error('no layer')
    await seed(two, { root: layer.descriptor, contents: new Map([[layer.descriptor.digest, layer]]) })
    const { source } = await given(sample)
    const to = [one, two, three].map((store, at) => ({ store, reference: `t${at}` }))
    // Nobody waits so long here: who has it has to say that it needs nothing.
    const result = await copyToMany({ store: source.store, reference: 'v1' }, to, { patience: 1e9 })
    expect(result.destinations[1]).toMatchObject({ blobs: { copied: 2, skipped: 1 } })
    expect(new Set(fetches()).size).toBe(fetches().length)
    await expectWhole(three, sample, 't2')
  })

  it('stops what else is on its way to one that failed, and only there', async () => {
    const sample = makeImage({ layers: [1000, 1000] })
    const { stores, run } = await given(sample)
    const [one = memoryStore(), two = memoryStore()] = stores
    let under = 0
    const hanging = overriding(two, {
      push: async (target, _open, options) => {
        if (target.mediaType.includes('config')) throw new RegctlError('DENIED', 'disk full')
        under++
        await new Promise(done => options?.signal?.addEventListener('abort', done, { once: true }))
        under--
        throw options?.signal?.reason
      },
    })
    expect(errorsOf(await run({}, [one, hanging]))).toEqual([undefined, 'disk full'])
    expect(under).toBe(0)
    await expectWhole(one, sample, 't0')
  })

  it('one that goes on at a later byte reads that rest for itself, once', async () => {
    const sample = makeImage({ layers: [4 * MiB] })
    const { origin, stores, source } = await given(sample)
    const offsets: number[] = []
    const counting = overriding(source.store, {
      fetch: (target, options) => {
        if (target.mediaType.includes('layer')) offsets.push(options?.offset ?? 0)
        return origin.fetch(target, options)
      },
    })
    const [one = memoryStore(), two = memoryStore()] = stores
    const resuming = overriding(two, {
      push: async (target, open, options) => {
        if (target.size > MiB) await (await open(3 * MiB)).toArray()
        return two.push(target, async () => origin.fetch(target), options)
      },
    })
    await copyToMany({ store: counting, reference: 'v1' }, [
      { store: one, reference: 't0' },
      { store: resuming, reference: 't1' },
    ])
    expect(offsets.sort()).toEqual([0, 3 * MiB])
    await expectWhole(one, sample, 't0')
  })

  it('names every failure when all fail, and the source once when that is what failed', async () => {
    const sample = makeImage()
    const { origin, stores, run } = await given(sample)
    const all = await run(
      {},
      stores.map((store, at) => failing(store, () => true, `full ${at}`)),
    )
    expect(errorsOf(all)).toEqual(['full 0', 'full 1', 'full 2'])
    await origin.delete(sample.root)
    await expect(run()).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('source.example') })
  })

  it('a damaged blob fails at each, and is named at none', async () => {
    const sample = makeImage({ layers: [2 * MiB] })
    const { origin, stores } = await given(sample)
    const { Readable } = await import('node:stream')
    const lying = overriding(origin, {
      fetch: async (target, options) =>
        target.mediaType.includes('layer') ? Readable.from([Buffer.alloc(2 * MiB)]) : origin.fetch(target, options),
    })
    const result = await copyToMany(
      { store: lying, reference: 'v1' },
      stores.map((store, at) => ({ store, reference: `t${at}` })),
    )
    for (const each of result.destinations) expect(each).toMatchObject({ error: { code: 'CONTENT_MISMATCH' } })
    for (const [at, store] of stores.entries()) await expect(store.resolve(`t${at}`)).rejects.toThrow()
  })

  it('refuses a tag that names something else with noClobber, there alone', async () => {
    const sample = makeImage()
    const { stores, run } = await given(sample)
    const [one = memoryStore(), two = memoryStore()] = stores
    await seed(two, makeImage(), 't1')
    const result = await run({ noClobber: true }, [one, two])
    expect(result.destinations[1]).toMatchObject({ destination: 'two.example/a:t1', error: { code: 'EXISTS' } })
    await expectWhole(one, sample, 't0')
  })

  it('refuses a destination that is named twice', async () => {
    const { run, stores } = await given(makeImage())
    const [one = memoryStore()] = stores
    const twice = copyToMany({ store: one, reference: 'x' }, [
      { store: one, reference: 't' },
      { store: one, reference: 't' },
    ])
    await expect(twice).rejects.toMatchObject({
      code: 'USAGE',
      message: 'one.example/a:t is named twice as a destination',
    })
    expect((await run({}, stores)).destinations).toHaveLength(3)
  })

  it('of destinations in one registry one is sent the bytes, the others mount; in one repository a tag is enough', async () => {
    const sample = makeImage({ layers: 2 })
    const { stores, run } = await given(sample, ['reg.example/a', 'reg.example/b', 'reg.example/a'])
    const [a = memoryStore(), b = memoryStore()] = stores.map(watched).map(({ store }) => store)
    const watch = watched(b)
    await run({}, [a, watch.store])
    expect(watch.log.filter(line => line.endsWith('from reg.example/a'))).toHaveLength(3)
    const twoTags = watched(memoryStore('reg.example/c'))
    await run({}, [twoTags.store, twoTags.store])
    const pushes = twoTags.log.filter(line => line.startsWith('push '))
    expect(pushes.filter(line => line.startsWith(`push ${sample.root.digest}`))).toHaveLength(2)
    expect(pushes).toHaveLength(3 + 2)
    await expectWhole(twoTags.store, sample, 't0')
    await expectWhole(twoTags.store, sample, 't1')
  })

  it('when the one that was sent the bytes fails, the next of its registry is sent them', async () => {
    const sample = makeImage({ layers: 2 })
    const { stores, run } = await given(sample, ['reg.example/a', 'reg.example/b', 'other.example/c'])
    const [a = memoryStore(), b = memoryStore(), c = memoryStore()] = stores
    const result = await run({}, [failing(a, (_, type) => type.includes('layer')), b, c])
    expect(errorsOf(result)).toEqual(['disk full', undefined, undefined])
    await expectWhole(b, sample, 't1')
    await expectWhole(c, sample, 't2')
  })

  it('narrows to platforms, rehearses, and brings what belongs to the image, at each', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const { origin, stores, run } = await given(index)
    const seal = makeArtifact({ artifactType: 'application/vnd.example', subject: index.root })
    await seed(origin, seal)
    const rehearsal = await run({ dryRun: true, referrers: true })
    expect(rehearsal.referrers).toEqual({ copied: 1, skipped: 0 })
    for (const store of stores) expect(await store.stat(index.root)).toBeUndefined()
    const narrow = await run({ platforms: [parsePlatform('linux/arm64')] })
    expect(new Set(narrow.destinations.map(each => 'digest' in each && each.digest)).size).toBe(1)
    const whole = await run({ referrers: true })
    expect(whole.referrers).toEqual({ copied: 1, skipped: 0 })
    for (const store of stores) expect(await store.stat(seal.root)).toBeDefined()
    const [one = memoryStore()] = stores
    await one.delete(seal.root)
    expect((await run({ referrers: true })).referrers).toEqual({ copied: 1, skipped: 0 })
    expect(await one.stat(seal.root)).toBeDefined()
    expect((await run({ referrers: true })).referrers).toEqual({ copied: 0, skipped: 1 })
  })

  it('tells each piece of content once in its events', async () => {
    const events: CopyEvent[] = []
    const sample = makeImage({ layers: 3 })
    const { run } = await given(sample)
    await run({ onEvent: event => events.push(event) })
    await run({ onEvent: event => events.push(event) })
    const count = (type: CopyEvent['type']) => events.filter(event => event.type === type).length
    expect(count('found')).toBe(sample.contents.size + 1)
    expect(count('done')).toBe(count('found'))
    expect(count('started')).toBe(sample.contents.size - 1)
  })

  it('ends with the reason of the signal that stopped it', async () => {
    const { run } = await given(makeImage())
    const stop = new AbortController()
    const onEvent = () => stop.abort(new Error('enough'))
    await expect(run({ signal: stop.signal, onEvent })).rejects.toThrow('enough')
  })
})
