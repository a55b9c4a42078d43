import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { CopyEvent } from '../../src/copy/events.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { RegistryError } from '../../src/registry/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { json, makeArtifact, makeImage, makeIndex, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

/** A store that writes down what was asked of it. */
function watched(store: Store) {
  const log: string[] = []
  const watch = new Proxy(store, {
    get: (target, name: keyof Store) => {
      const member = target[name]
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        log.push(
          `${name} ${typeof args[0] === 'string' ? args[0] : (args[0] as { digest?: string } | undefined)?.digest}`,
        )
        return Reflect.apply(member, target, args)
      }
    },
  })
  return { store: watch, log, count: (name: string) => log.filter(line => line.startsWith(`${name} `)).length }
}

async function given(sample: Sample, tag = 'v1') {
  const source = watched(memoryStore('memory:source'))
  await seed(source.store, sample, tag)
  source.log.length = 0
  const destination = watched(memoryStore('memory:destination'))
  const run = (options?: CopyOptions) =>
    copy({ store: source.store, reference: tag }, { store: destination.store, reference: tag }, options)
  return { source, destination, run }
}

const images: [string, Sample][] = [
  ['an image', makeImage({ layers: 3 })],
  ['a Docker image', makeImage({ docker: true })],
  ['an index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })],
  ['a Docker list', makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], docker: true })],
  ['a nested index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], nested: true })],
  ['an artifact with the empty config', makeArtifact({ artifactType: 'application/vnd.example' })],
  ['an image without layers', makeImage({ layers: 0 })],
  ['an image with a zero-byte layer', withLayers([randomBlob(0), randomBlob(10)])],
  ['an image with one layer twice', withLayers(twice(randomBlob(1000)))],
]

describe('copy', () => {
  it.each(images)('copies %s whole: the same digests, the same bytes, each once', async (_name, sample) => {
    const { source, destination, run } = await given(sample)
    const result = await run()
    expect(result.digest).toBe(sample.root.digest)
    expect(await destination.store.resolve('v1')).toMatchObject({
      digest: sample.root.digest,
      mediaType: sample.root.mediaType,
    })
    for (const { descriptor, bytes } of sample.contents.values()) {
      expect((await readVerified(destination.store, descriptor, { cap: 1e9 })).equals(bytes)).toBe(true)
      expect(source.log.filter(line => line === `fetch ${descriptor.digest}`).length).toBeLessThanOrEqual(1)
    }
    const { manifests, blobs } = result
    expect(manifests.copied + blobs.copied).toBe(sample.contents.size)
    expect(result.bytes.copied).toBe([...sample.contents.values()].reduce((sum, { bytes }) => sum + bytes.length, 0))
  })

  it('names the root last, after everything below it', async () => {
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const { destination, run } = await given(sample)
    await run()
    const pushes = destination.log.filter(line => line.startsWith('push '))
    expect(pushes.at(-1)).toBe(`push ${sample.root.digest}`)
    for (const entry of (await readManifest(destination.store, sample.root)).kind === 'index'
      ? [...sample.contents.keys()]
      : []) {
      expect(pushes).toContain(`push ${entry}`)
    }
  })

  it('asks once at each side when nothing changed', async () => {
    const { source, destination, run } = await given(makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] }))
    await run()
    source.log.length = destination.log.length = 0
    const result = await run()
    expect([...source.log, ...destination.log]).toEqual(['resolve v1', 'resolve v1'])
    expect(result.manifests).toEqual({ copied: 0, skipped: 1 })
    expect(result.bytes.copied).toBe(0)
  })

  it('moves only a tag when the content is there under another', async () => {
    const sample = makeImage()
    const { source, destination, run } = await given(sample)
    await seed(destination.store, sample, 'other')
    destination.log.length = 0
    const result = await run()
    expect(await destination.store.resolve('v1')).toEqual(sample.root)
    expect(destination.count('push')).toBe(1)
    expect(source.count('fetch')).toBe(1)
    expect(result.blobs).toEqual({ copied: 0, mounted: 0, skipped: 0 })
  })

  it('sends nothing that is there: a second image takes only its own layers', async () => {
    const shared = randomBlob(5000, mediaTypes.ociLayerGzip)
    const { destination, run } = await given(withLayers([shared, randomBlob(10)]))
    await seed(destination.store, withLayers([shared, randomBlob(20)]), 'other')
    const result = await run()
    expect(result.blobs).toEqual({ copied: 1, mounted: 0, skipped: 2 })
    expect(result.bytes.skipped).toBeGreaterThanOrEqual(5000)
  })

  it('rehearses with dryRun: says what it would do, and does nothing', async () => {
    const sample = makeImage()
    const { source, destination, run } = await given(sample)
    const result = await run({ dryRun: true })
    expect(result.blobs.copied).toBe(3)
    expect(result.digest).toBe(sample.root.digest)
    expect(destination.count('push')).toBe(0)
    expect(source.count('fetch')).toBe(1)
    await expect(destination.store.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('refuses to move a tag with noClobber, and lets an equal one be', async () => {
    const { destination, run } = await given(makeImage())
    const other = makeImage()
    await seed(destination.store, other, 'v1')
    await expect(run({ noClobber: true })).rejects.toMatchObject({
      code: 'EXISTS',
      message: expect.stringContaining(other.root.digest),
    })
    expect(await destination.store.resolve('v1')).toEqual(other.root)
    await run()
    await expect(run({ noClobber: true })).resolves.toMatchObject({ manifests: { copied: 0, skipped: 1 } })
  })

  it('mends a destination that lacks a part with force', async () => {
    const sample = makeImage()
    const { destination, run } = await given(sample)
    await run()
    const manifest = await readManifest(destination.store, sample.root)
    const [layer] = manifest.kind === 'image' ? manifest.layers : []
    if (!layer) throw new Error('no layer')
    await destination.store.delete(layer)
    await run()
    expect(await destination.store.stat(layer)).toBeUndefined()
    await run({ force: true })
    expect(await destination.store.stat(layer)).toBeDefined()
  })

  it('copies to a digest only what has that digest', async () => {
    const sample = makeImage()
    const { source, destination } = await given(sample)
    const to = (reference: string) =>
      copy({ store: source.store, reference: 'v1' }, { store: destination.store, reference })
    await to(sample.root.digest)
    expect(await destination.store.stat(sample.root)).toBeDefined()
    // A digest is no tag.
    for await (const tag of destination.store.tags()) expect.unreachable(tag)
    await expect(to(digestOf(Buffer.from('other')))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  it('leaves a foreign layer where it is, and its descriptor as it was', async () => {
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: digestOf(Buffer.from('f')),
      size: 1,
      urls: ['https://x.example/'],
    }
    const { destination, run } = await given(withDescriptors([foreign]))
    const result = await run()
    expect(result.blobs.skipped).toBe(1)
    expect(await destination.store.stat(foreign)).toBeUndefined()
  })

  it('says what it does in events that add up', async () => {
    const events: CopyEvent[] = []
    const { run } = await given(makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] }))
    const result = await run({ onEvent: event => events.push(event) })
    const total = (type: CopyEvent['type']) => events.filter(event => event.type === type).length
    expect(total('found')).toBe(total('done'))
    const moved = events.reduce((sum, event) => sum + (event.type === 'moved' ? event.bytes : 0), 0)
    const manifests = events.reduce(
      (sum, event) =>
        sum +
        ((event.type === 'done' && event.content.mediaType.includes('manifest')) ||
        (event.type === 'done' && event.content.mediaType.includes('index'))
          ? event.content.size
          : 0),
      0,
    )
    expect(moved + manifests).toBe(result.bytes.copied)
  })
})

describe('copy with platforms', () => {
  const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8', 'windows/amd64'], attestations: true })
  const platforms = (...names: string[]) => ({ platforms: names.map(name => parsePlatform(name)) })

  it('writes a smaller, valid index with the attestations that belong to it', async () => {
    const { destination, run } = await given(index)
    const result = await run(platforms('linux/arm64'))
    expect(result.digest).not.toBe(index.root.digest)
    const root = await destination.store.resolve('v1')
    expect(root.digest).toBe(result.digest)
    const manifest = await readManifest(destination.store, root)
    const entries = manifest.kind === 'index' ? manifest.manifests : []
    expect(entries.map(entry => entry.platform?.architecture)).toEqual(['arm64', 'unknown'])
    for (const entry of entries) expect(await destination.store.stat(entry)).toBeDefined()
    expect(result.manifests.copied).toBe(3)
  })

  it('keeps the digest when all are asked for', async () => {
    const { run } = await given(index)
    expect((await run(platforms('linux/amd64', 'linux/arm64/v8', 'windows/amd64'))).digest).toBe(index.root.digest)
  })

  it('is unchanged the second time', async () => {
    const { run } = await given(index)
    await run(platforms('linux/amd64'))
    expect((await run(platforms('linux/amd64'))).manifests).toEqual({ copied: 0, skipped: 1 })
  })

  it.each([
    ['an index', index, 'linux/s390x', 'linux/amd64'],
    ['an image', makeImage({ platform: 'linux/arm64/v8' }), 'linux/amd64', 'linux/arm64/v8'],
  ])('tells which platforms %s has', async (_name, sample, wanted, there) => {
    const { destination, run } = await given(sample)
    await expect(run(platforms(wanted))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining(there),
    })
    expect(destination.count('push')).toBe(0)
  })
})

describe('T11, T13: hostile sources', () => {
  it('moves no tag when a layer has other bytes, and names its digest', async () => {
    const sample = makeImage({ layers: 2 })
    const { source, destination } = await given(sample)
    const [layer] = [...sample.contents.values()].filter(({ descriptor }) => descriptor.mediaType.includes('layer'))
    if (!layer) throw new Error('no layer')
    const { digest, size } = layer.descriptor
    for (const bytes of [Buffer.alloc(size), layer.bytes.subarray(1), Buffer.concat([layer.bytes, layer.bytes])]) {
      const lying: Store = Object.assign(Object.create(source.store), {
        fetch: async (target: { digest: string; mediaType: string }) =>
          target.digest === digest ? Readable.from([bytes]) : source.store.fetch(target as typeof layer.descriptor),
      })
      const attempt = copy({ store: lying, reference: 'v1' }, { store: destination.store, reference: 'v1' })
      await expect(attempt).rejects.toMatchObject({
        code: 'CONTENT_MISMATCH',
        message: expect.stringContaining(digest),
      })
      await expect(destination.store.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('T13: fetches a child that an index lists 5,000 times once (CVE-2026-53493)', async () => {
    const image = makeImage({ layers: 1 })
    const root = json(mediaTypes.ociIndex, {
      schemaVersion: 2,
      manifests: Array.from({ length: 5000 }, () => image.root),
    })
    const sample = { root: root.descriptor, contents: new Map([...image.contents, [root.descriptor.digest, root]]) }
    const { source, run } = await given(sample)
    await run()
    expect(source.log.filter(line => line === `fetch ${image.root.digest}`)).toHaveLength(1)
  })

  it('T13: refuses an index nested too deep, and no other', async () => {
    let sample = makeImage({ layers: 1 })
    for (let depth = 0; depth < 8; depth++) sample = indexOf([sample])
    const deep = await given(sample)
    expect((await deep.run()).digest).toBe(sample.root.digest)
    const { run, destination } = await given(indexOf([sample]))
    await expect(run()).rejects.toMatchObject({ code: 'CONTENT_INVALID', message: expect.stringContaining('nested') })
    expect(destination.log.filter(line => line.startsWith('push'))).toEqual([])
  })

  it('T13: refuses an image of more than ten thousand parts', async () => {
    const parts = (from: number, count: number): Sample[] =>
      Array.from({ length: count }, (_, at) => {
        const content = json('application/x', [from + at])
        return { root: content.descriptor, contents: new Map([[content.descriptor.digest, content]]) }
      })
    const sample = indexOf([indexOf(parts(0, 5000)), indexOf(parts(5000, 4999))])
    const source = memoryStore('memory:source')
    await seed(source, sample)
    const destination = memoryStore('memory:destination')
    // The two indexes are parts as well.
    const attempt = copy({ store: source, reference: sample.root.digest }, { store: destination, reference: 'v1' })
    await expect(attempt).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
      message: expect.stringContaining('is one of more than 10000 parts'),
    })
    await expect(destination.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('stops what runs beside a failure, and is quiet when it tells it', async () => {
    const sample = makeImage({ layers: [100, 100, 100, 100] })
    const { source, destination } = await given(sample)
    let under = 0
    const failing: Store = Object.assign(Object.create(destination.store), {
      push: async (target: typeof sample.root, _open: () => Promise<Readable>, options: { signal?: AbortSignal }) => {
        if (target.mediaType.includes('config')) throw new Error('disk full')
        under++
        await new Promise(done => options.signal?.addEventListener('abort', done, { once: true }))
        // What is stopped may take a moment to be over.
        for (let turn = 0; turn < 5; turn++) await new Promise(done => setImmediate(done))
        under--
        throw options.signal?.reason
      },
    })
    await expect(copy({ store: source.store, reference: 'v1' }, { store: failing, reference: 'v1' })).rejects.toThrow(
      'disk full',
    )
    expect(under).toBe(0)
  })

  it('item 99: tells of the other format where a registry refuses the manifest as such', async () => {
    const { source, destination, run } = await given(makeImage())
    const refusing = overriding(destination.store, {
      push: async (target, open, options) => {
        if (options?.tag === undefined) return destination.store.push(target, open, options)
        throw new RegistryError('REFUSED', 'no such type', { status: 415, registryCodes: [] })
      },
    })
    const attempt = copy({ store: source.store, reference: 'v1' }, { store: refusing, reference: 'v1' })
    await expect(attempt).rejects.toMatchObject({ code: 'REFUSED', hint: expect.stringContaining('--format docker') })
    await run()
  })

  it('ends also while the root is being named', async () => {
    const { source, destination } = await given(makeImage())
    const stop = new AbortController()
    const silent = overriding(destination.store, {
      push: async (target, open, options) => {
        if (options?.tag === undefined) return destination.store.push(target, open, options)
        setImmediate(() => stop.abort(new Error('enough')))
        return new Promise((_, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true }),
        )
      },
    })
    const from = { store: source.store, reference: 'v1' }
    await expect(copy(from, { store: silent, reference: 'v1' }, { signal: stop.signal })).rejects.toThrow('enough')
  })

  it('ends with the reason of the signal that stopped it', async () => {
    const { run } = await given(makeImage())
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(run({ signal: stop.signal })).rejects.toThrow('enough')
  })
})

function indexOf(samples: readonly Sample[]): Sample {
  const index = json(mediaTypes.ociIndex, { schemaVersion: 2, manifests: samples.map(({ root }) => root) })
  const below = samples.flatMap(({ contents }) => [...contents])
  return { root: index.descriptor, contents: new Map([...below, [index.descriptor.digest, index]]) }
}

function twice<T>(item: T): [T, T] {
  return [item, item]
}

function withLayers(layers: ReturnType<typeof randomBlob>[]): Sample {
  const { root, contents } = withDescriptors(layers.map(({ descriptor }) => descriptor))
  return { root, contents: new Map([...layers.map(layer => [layer.descriptor.digest, layer] as const), ...contents]) }
}

function withDescriptors(layers: object[]): Sample {
  const config = json(mediaTypes.ociConfig, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [] },
  })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers,
  })
  return {
    root: manifest.descriptor,
    contents: new Map([config, manifest].map(content => [content.descriptor.digest, content])),
  }
}
