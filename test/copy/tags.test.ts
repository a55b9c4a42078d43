import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CopyEvent } from '../../src/copy/events.ts'
import { openJournal } from '../../src/copy/journal.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import { type CopyTagsResult, copyTags } from '../../src/copy/tags.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Notice } from '../../src/model/notice.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import type { TagSelection } from '../../src/model/tags.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { json, makeArtifact, makeImage, makeIndex, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

/** A store that writes down what was asked of it, and may refuse. */
function watched(store: Store, refuse: (call: string) => Error | undefined = () => undefined) {
  const log: string[] = []
  const note = (call: string) => {
    log.push(call)
    const error = refuse(call)
    if (error) throw error
  }
  const noting = overriding(store, {
    resolve: async (reference, options) => {
      note(`resolve ${reference}`)
      return store.resolve(reference, options)
    },
    fetch: async (target, options) => {
      note(`fetch ${target.digest}`)
      return store.fetch(target, options)
    },
    push: async (target, open, options) => {
      note(`push ${options?.tag ?? target.digest}`)
      return store.push(target, open, options)
    },
  })
  return { store: noting, log, count: (name: string) => log.filter(line => line.startsWith(`${name} `)).length }
}

/** Images that share a base layer, each under its tags. */
function family(tags: readonly (readonly string[])[]): [Sample, readonly string[]][] {
  const base = randomBlob(4000, mediaTypes.ociLayerGzip)
  return tags.map(names => [imageOf([base, randomBlob(100, mediaTypes.ociLayerGzip)]), names])
}

function imageOf(layers: readonly ReturnType<typeof randomBlob>[]): Sample {
  const config = json(mediaTypes.ociConfig, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [] },
  })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  })
  const all = [config, ...layers, manifest]
  return { root: manifest.descriptor, contents: new Map(all.map(each => [each.descriptor.digest, each])) }
}

async function given(images: readonly [Sample, readonly string[]][]) {
  const from = memoryStore('memory:source')
  const to = memoryStore('memory:destination')
  for (const [sample, tags] of images) for (const tag of tags) await seed(from, sample, tag)
  const run = (selection: TagSelection = {}, options: CopyOptions & { from?: Store; to?: Store } = {}) => {
    const { from: source = from, to: destination = to, ...rest } = options
    return copyTags({ store: source, reference: 'x' }, { store: destination, reference: 'y' }, { ...rest, selection })
  }
  return { from, to, run }
}

const namesOf = ({ images }: CopyTagsResult) =>
  images.map(image =>
    'error' in image ? image.reference : image.destination.slice(image.destination.lastIndexOf(':') + 1),
  )

describe('copyTags', () => {
  it.each<[string, TagSelection, string[]]>([
    ['all', {}, ['1.0', 'latest', '1.1', '2.0', '2.0-rc.1']],
    ['a pattern', { filter: ['1.*'] }, ['1.0', '1.1']],
    ['two patterns', { filter: ['1.*', 'latest'] }, ['1.0', 'latest', '1.1']],
    ['all but some', { exclude: ['*-rc*', 'latest'] }, ['1.0', '1.1', '2.0']],
    ['a range', { semver: '>=1.1' }, ['1.1', '2.0']],
    ['the newest two', { latest: 2 }, ['2.0', '1.1']],
    ['the newest of a range', { latest: 1, semver: '^1' }, ['1.1']],
  ])('copies %s', async (_name, selection, expected) => {
    const images = family([['1.0', 'latest'], ['1.1'], ['2.0'], ['2.0-rc.1']])
    const { to, run } = await given(images)
    const result = await run(selection)
    expect(namesOf(result)).toEqual(expected)
    const there: string[] = []
    for await (const tag of to.tags()) there.push(tag)
    expect(there.sort()).toEqual([...expected].sort())
    for (const image of result.images) {
      if ('error' in image) throw new Error('failed')
      const tag = image.destination.slice('memory:destination:'.length)
      const sample = images.find(([, names]) => names.includes(tag))?.[0]
      expect(image.digest).toBe(sample?.root.digest)
      expect((await to.resolve(tag)).digest).toBe(sample?.root.digest)
      for (const { descriptor } of sample?.contents.values() ?? []) expect(await to.stat(descriptor)).toBeDefined()
    }
  })

  it('moves what images share once, and a manifest only for its tags when its image is there', async () => {
    const { from, to, run } = await given(family([['a', 'b', 'c'], ['d'], ['e']]))
    const [source, destination] = [watched(from), watched(to)]
    const result = await run({}, { from: source.store, to: destination.store })
    const fetched = source.log.filter(line => line.startsWith('fetch '))
    expect(new Set(fetched).size).toBe(fetched.length)
    // Three manifests, three layers, the base and the config.
    expect(fetched).toHaveLength(3 + 3 + 1 + 1)
    expect(destination.count('push')).toBe(3 + 1 + 1 + 5)
    expect(result.totals).toMatchObject({
      images: { copied: 5, unchanged: 0, failed: 0 },
      manifests: { copied: 5, skipped: 0 },
      blobs: { copied: 5, mounted: 0, skipped: 4 },
    })
  })

  it('asks for each tag once at each side when nothing changed, and for what is not listed not at all', async () => {
    const { from, to, run } = await given(family([['a', 'b'], ['c']]))
    const cold = watched(to)
    await run({}, { to: cold.store })
    expect(cold.count('resolve')).toBe(0)
    const [source, destination] = [watched(from), watched(to)]
    const result = await run({}, { from: source.store, to: destination.store })
    const asked = ['resolve a', 'resolve b', 'resolve c']
    expect([source.log, destination.log]).toEqual([asked, asked])
    expect(result.totals.images).toEqual({ copied: 0, unchanged: 3, failed: 0 })
  })

  it('a tag that fails does not stop the others, and says why', async () => {
    const { from, run, to } = await given(family([['a'], ['b', 'b2'], ['c']]))
    const { digest } = await from.resolve('b')
    const source = watched(from, call => {
      return call === `fetch ${digest}` ? new RegctlError('SERVER_FAILED', 'storage is broken') : undefined
    })
    const result = await run({}, { from: source.store })
    const error = { code: 'SERVER_FAILED', message: 'storage is broken' }
    expect(result.images.filter(image => 'error' in image)).toEqual([
      { reference: 'b', error },
      { reference: 'b2', error },
    ])
    expect(result.totals.images).toEqual({ copied: 2, unchanged: 0, failed: 2 })
    expect(source.log.filter(line => line === `fetch ${digest}`)).toHaveLength(1)
    expect((await to.resolve('c')).digest).toBe((await from.resolve('c')).digest)
    await expect(to.resolve('b')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('what an image shares with one that failed is still moved, whoever was at it', async () => {
    const shared = randomBlob(5000, mediaTypes.ociLayerGzip)
    const bad = randomBlob(50, mediaTypes.ociLayerGzip)
    const images: [Sample, string[]][] = [
      [imageOf([shared, bad]), ['a-bad']],
      [imageOf([shared, randomBlob(60, mediaTypes.ociLayerGzip)]), ['b-good']],
    ]
    const { from, to, run } = await given(images)
    let failed = false
    const destination = overriding(to, {
      push: async (target, open, options) => {
        if (target.digest === bad.descriptor.digest) {
          failed = true
          throw new RegctlError('CONTENT_MISMATCH', 'damaged')
        }
        if (target.digest === shared.descriptor.digest && !failed) {
          // Its own image fails while this is under way, and takes it along.
          await new Promise((_, reject) =>
            options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true }),
          )
        }
        return to.push(target, open, options)
      },
    })
    const result = await run({}, { to: destination })
    expect(result.totals.images).toEqual({ copied: 1, unchanged: 0, failed: 1 })
    expect((await to.resolve('b-good')).digest).toBe((await from.resolve('b-good')).digest)
    expect(await to.stat(shared.descriptor)).toBeDefined()
  })

  it('a damaged blob that all share is fetched once, and fails all', async () => {
    const { from, run } = await given(family([['a'], ['b'], ['c'], ['d']]))
    const manifest = JSON.parse(Buffer.concat(await (await from.fetch(await from.resolve('a'))).toArray()).toString())
    const base: Descriptor = manifest.layers[0]
    const source = watched(from, call =>
      call === `fetch ${base.digest}` ? new RegctlError('CONTENT_MISMATCH', 'damaged') : undefined,
    )
    const result = await run({}, { from: source.store, jobs: 1 })
    expect(result.totals.images.failed).toBe(4)
    expect(source.log.filter(line => line === `fetch ${base.digest}`)).toHaveLength(1)
  })

  it('begins no further image after what speaks of the whole registry, and tells of each', async () => {
    const { to, run } = await given(family(Array.from({ length: 30 }, (_, at) => [`t${at}`])))
    const destination = watched(to, call =>
      call.startsWith('push ') ? new RegctlError('UNREACHABLE', 'gone') : undefined,
    )
    const result = await run({}, { to: destination.store, jobs: 2 })
    expect(result.totals.images).toEqual({ copied: 0, unchanged: 0, failed: 30 })
    expect(result.images).toHaveLength(30)
    expect(destination.count('push')).toBeLessThan(15)
  })

  it('throws what is true for all before anything is copied', async () => {
    const { from, to, run } = await given(family([['a'], ['b']]))
    const source = watched(from, call =>
      call.startsWith('resolve') ? new RegctlError('UNAUTHORIZED', 'no') : undefined,
    )
    await expect(run({}, { from: source.store })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(run({ filter: ['nothing-*'] })).rejects.toMatchObject({ code: 'NOT_FOUND', hint: /it has 2/ })
    await expect(run({ semver: '>>1' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(run({}, { from: to })).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'it has no tags' })
  })

  it('ends with the reason of the signal that stopped it', async () => {
    const { run } = await given(family([['a'], ['b']]))
    const stop = new AbortController()
    const events: CopyEvent[] = []
    const onEvent = (event: CopyEvent) => {
      events.push(event)
      if (event.type === 'found') stop.abort(new Error('enough'))
    }
    await expect(run({}, { signal: stop.signal, onEvent })).rejects.toThrow('enough')
    expect(events.length).toBeGreaterThan(0)
  })

  it('keeps one of two names of an image with noClobber, and sets the other', async () => {
    const { to, run } = await given([[makeImage({ layers: 1 }), ['a', 'b']]])
    const old = await seed(to, makeImage({ layers: 1 }), 'a')
    const result = await run({}, { noClobber: true })
    expect(result.images).toMatchObject([{ error: { code: 'EXISTS' } }, { manifests: { copied: 1 } }])
    expect((await to.resolve('a')).digest).toBe(old.digest)
    expect((await to.resolve('b')).digest).not.toBe(old.digest)
  })

  it('keeps its journal until all of them are there', async () => {
    const { to, run } = await given(family([['a'], ['b']]))
    const journals = mkdtempSync(join(tmpdir(), 'regctl-journals-'))
    const route = { source: 'memory:source', destination: 'memory:destination' }
    await (await openJournal(journals, route)).checkpoint(digestOf(Buffer.from('x'))).save('at')
    const refusing = watched(to, call => (call === 'push b' ? new RegctlError('DENIED', 'no') : undefined))
    expect((await run({}, { to: refusing.store, journals })).totals.images).toMatchObject({ failed: 1 })
    expect(readdirSync(journals)).toHaveLength(1)
    expect((await run({}, { journals })).totals.images).toMatchObject({ failed: 0 })
    expect(readdirSync(journals)).toEqual([])
  })

  it('keeps tags that name something else with noClobber, and copies the others', async () => {
    const { to, run } = await given(family([['a'], ['b']]))
    const other = await seed(to, makeImage(), 'a')
    const result = await run({}, { noClobber: true })
    expect(result.images[0]).toMatchObject({ reference: 'a', error: { code: 'EXISTS' } })
    expect(result.totals.images).toEqual({ copied: 1, unchanged: 0, failed: 1 })
    expect((await to.resolve('a')).digest).toBe(other.digest)
  })

  it('rehearses all of them and moves nothing', async () => {
    const { to, run } = await given(family([['a', 'b'], ['c']]))
    const result = await run({}, { dryRun: true })
    expect(result.totals).toMatchObject({ images: { copied: 3 }, blobs: { copied: 4 } })
    await expect(to.resolve('a')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('narrows each index to the platforms, and tells where one has none of them', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const { run } = await given([
      [index, ['multi', 'multi2']],
      [makeImage({ platform: 'windows/amd64' }), ['single']],
    ])
    const result = await run({}, { platforms: [parsePlatform('linux/arm64')] })
    expect(result.images[2]).toMatchObject({ reference: 'single', error: { code: 'NOT_FOUND' } })
    const [first, second] = result.images
    expect(first).toMatchObject({ digest: expect.not.stringContaining(index.root.digest) })
    expect(second).toMatchObject({ digest: (first as { digest: string }).digest })
  })

  it('brings the referrers of each image once, and not the tags where the tag schema lists them', async () => {
    const image = makeImage()
    const seal = makeArtifact({ artifactType: 'application/vnd.example', subject: image.root })
    const { from, to, run } = await given([
      [image, ['a', 'b']],
      [seal, [image.root.digest.replace(':', '-')]],
    ])
    const result = await run({}, { referrers: true })
    expect(namesOf(result)).toEqual(['a', 'b'])
    expect(result.images).toMatchObject([{ referrers: { copied: 1, skipped: 0 } }, {}])
    expect(await to.stat(seal.root)).toBeDefined()
    expect(namesOf(await run({}, { from }))).toHaveLength(3)
  })

  it('lists the tags of the source once, also for the tags that are named after digests', async () => {
    const images = family([['a'], ['b'], ['c']])
    const sig = `${images[1]?.[0].root.digest.replace(':', '-')}.sig`
    const { from, to, run } = await given([
      ...images,
      [makeArtifact({ artifactType: 'application/vnd.example' }), [sig]],
    ])
    let lists = 0
    const counting = overriding(from, {
      tags: options => {
        lists++
        return from.tags(options)
      },
    })
    const result = await run({ filter: ['?'] }, { from: counting, digestTags: true })
    expect(result.images).toMatchObject([0, 1, 0].map(copied => ({ digestTags: { copied, skipped: 0 } })))
    expect(lists).toBe(1)
    expect((await to.resolve(sig)).digest).toBe((await from.resolve(sig)).digest)
  })

  it('tells before the first pull that the source grants fewer than there are images to copy', async () => {
    const { from, to } = await given(family([['a', 'a2'], ['b'], ['c']]))
    const run = async (remaining: number) => {
      const told: string[] = []
      const quota = () => ({ limit: 100, remaining, windowSeconds: 60 })
      const place = { store: from, reference: '', quota }
      const notify = ({ message }: Notice) => told.push(message)
      await copyTags(place, { store: to, reference: '' }, { selection: {}, notify, dryRun: true })
      return told
    }
    expect(await run(2)).toEqual([expect.stringContaining('grants 2 more of 100 pulls, and this copy needs up to 3')])
    expect(await run(3)).toEqual([])
  })

  it('tells how many images are done', async () => {
    const events: CopyEvent[] = []
    const { run } = await given(family([['a', 'b'], ['c']]))
    await run({}, { onEvent: event => events.push(event) })
    const images = events.flatMap(event => (event.type === 'images' ? [event.done] : []))
    expect(images).toEqual([0, 1, 2, 3])
    const count = (type: CopyEvent['type']) => events.filter(event => event.type === type).length
    expect(count('found')).toBe(count('done'))
  })

  it('T13: ten thousand tags: bounded work at once, each content once', { timeout: 60_000 }, async () => {
    const images = family(Array.from({ length: 20 }, (_, at) => Array.from({ length: 500 }, (_, n) => `t${n}-${at}`)))
    const { from, to, run } = await given([])
    for (const [sample, [first = '', ...others]] of images) {
      await seed(from, sample, first)
      for (const tag of others) await from.push(sample.root, () => Promise.reject(new Error('opened')), { tag })
    }
    let [atOnce, most] = [0, 0]
    const counting = async <T>(work: () => Promise<T>): Promise<T> => {
      most = Math.max(most, ++atOnce)
      await new Promise(done => setImmediate(done))
      return work().finally(() => atOnce--)
    }
    const destination = overriding(to, {
      resolve: (...args) => counting(() => to.resolve(...args)),
      push: (...args) => counting(() => to.push(...args)),
    })
    const result = await run({}, { to: destination })
    expect(result.totals.images).toEqual({ copied: 10_000, unchanged: 0, failed: 0 })
    expect(result.totals.blobs.copied).toBe(20 + 1 + 1)
    expect(most).toBeLessThanOrEqual(24)
  })
})
