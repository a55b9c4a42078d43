import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CopyOptions } from '../../src/copy/options.ts'
import { copyTags } from '../../src/copy/tags.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { testClient } from '../helpers/client.ts'
import { type Content, json, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

let source: TestServer
let destination: TestServer
beforeEach(async () => {
  source = await startServer()
  destination = await startServer()
})
afterEach(() => Promise.all([source.close(), destination.close()]))

/** 20 images over one base layer, each under 15 tags: 300 tags in all. */
const base = randomBlob(50_000, mediaTypes.ociLayerGzip)
const images = Array.from({ length: 20 }, () => imageOf([base, randomBlob(2000, mediaTypes.ociLayerGzip)]))
const tags = images.map((_, at) => Array.from({ length: 15 }, (_, minor) => `${at}.${minor}`))
const blobs = 20 + 1 + 1

function imageOf(layers: readonly Content[]): Sample {
  const platform = { os: 'linux', architecture: 'amd64' }
  const config = json(mediaTypes.ociConfig, { ...platform, rootfs: { type: 'layers', diff_ids: [] } })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  })
  const all = [config, ...layers, manifest]
  return { root: manifest.descriptor, contents: new Map(all.map(each => [each.descriptor.digest, each])) }
}

async function given() {
  const client = await testClient()
  const { store } = await client.open(`${source.host}/demo/app`, { write: true })
  for (const [at, image] of images.entries()) {
    const [first = '', ...others] = tags[at] ?? []
    await seed(store, image, first)
    const bytes = image.contents.get(image.root.digest)?.bytes ?? Buffer.alloc(0)
    const { Readable } = await import('node:stream')
    await Promise.all(others.map(tag => store.push(image.root, async () => Readable.from([bytes]), { tag })))
  }
  await client.close()
}

async function run(to: string, options: CopyOptions & { home?: string } = {}) {
  source.requests.length = destination.requests.length = 0
  const { home, ...rest } = options
  const client = await testClient({ ...(home && { home }) })
  try {
    const place = await client.open(to, { write: true })
    return await copyTags(await client.open(`${source.host}/demo/app`), place, { ...rest, selection: {} })
  } finally {
    await client.close()
  }
}

const count = ({ requests }: TestServer, what: RegExp) =>
  requests.filter(({ method, url }) => what.test(`${method} ${url}`)).length

describe('300 tags over 20 images', () => {
  it('cold: each blob and manifest is fetched once; at the destination two requests a blob and a PUT a tag', async () => {
    await given()
    const result = await run(`${destination.host}/demo/app`)
    expect(result.totals.images).toEqual({ copied: 300, unchanged: 0, failed: 0 })
    expect(result.totals.blobs).toEqual({ copied: blobs, mounted: 0, skipped: 20 * 3 - blobs })
    expect(count(source, /^GET .*\/blobs\//)).toBe(blobs)
    expect(count(source, /^GET .*\/manifests\//)).toBe(20)
    expect(count(source, /^HEAD /)).toBe(300)
    expect(source.requests).toHaveLength(1 + 300 + 20 + blobs)
    expect(count(destination, /^PUT .*\/manifests\//)).toBe(300)
    // A list, and a HEAD for each image by its digest.
    expect(destination.requests).toHaveLength(1 + 20 + 2 * blobs + 300)
  })

  it('unchanged: two requests a tag, and the two lists', async () => {
    await given()
    await run(`${destination.host}/demo/app`)
    const result = await run(`${destination.host}/demo/app`)
    expect(result.totals.images).toEqual({ copied: 0, unchanged: 300, failed: 0 })
    expect(result.totals.requests).toEqual({ source: 1 + 300, destination: 1 + 300 })
    expect([source.requests.length, destination.requests.length]).toEqual([301, 301])
    expect(count(source, /^HEAD /) + count(destination, /^HEAD /)).toBe(600)
  })

  it('from registry to layout and back: each blob once, the same digests', async () => {
    await given()
    const folder = await mkdtemp(join(tmpdir(), 'regctl-tags-'))
    const out = await run(`oci:${folder}`)
    expect(out.totals).toMatchObject({ images: { copied: 300 }, blobs: { copied: blobs } })
    expect(count(source, /^GET .*\/blobs\//)).toBe(blobs)
    const again = await run(`oci:${folder}`)
    expect(again.totals.images).toEqual({ copied: 0, unchanged: 300, failed: 0 })
    const client = await testClient()
    const to = await client.open(`${destination.host}/back/app`, { write: true })
    const back = await copyTags({ store: layoutStore(folder), reference: '' }, to, { selection: {} })
    await client.close()
    expect(back.totals).toMatchObject({ images: { copied: 300 }, blobs: { copied: blobs } })
    const digests = images.map(({ root }) => root.digest)
    expect(new Set(back.images.map(image => ('error' in image ? image.error.message : image.digest)))).toEqual(
      new Set(digests),
    )
  })

  it('stopped in the middle: the next run moves only what is left', async () => {
    await given()
    const home = await mkdtemp(join(tmpdir(), 'regctl-runs-'))
    const journals = join(home, 'copies')
    const stop = new AbortController()
    let moved = 0
    const onEvent: CopyOptions['onEvent'] = event => {
      if (event.type !== 'done' || event.outcome !== 'pushed') return
      if (event.content.mediaType === mediaTypes.ociLayerGzip && ++moved === 10) stop.abort(new Error('stopped'))
    }
    const first = run(`${destination.host}/demo/app`, { home, journals, onEvent, signal: stop.signal, jobs: 2 })
    await expect(first).rejects.toThrow('stopped')
    const stored = count(destination, /^PUT .*\/blobs\//)
    expect(stored).toBeGreaterThan(5)
    expect(stored).toBeLessThan(blobs)
    const second = await run(`${destination.host}/demo/app`, { home, journals })
    expect(second.totals.images.failed).toBe(0)
    expect(second.totals.blobs.copied).toBeLessThanOrEqual(blobs - 9)
    expect(count(destination, /^PUT .*\/blobs\//)).toBe(second.totals.blobs.copied)
    const third = await run(`${destination.host}/demo/app`, { home, journals })
    expect(third.totals.images).toEqual({ copied: 0, unchanged: 300, failed: 0 })
  })

  it('asks for a list of the destination no longer than the tags would be asked for', async () => {
    await given()
    const client = await testClient()
    const { store } = await client.open(`${destination.host}/demo/app`, { write: true })
    const [image = imageOf([])] = images
    await seed(store, image, '0.0')
    await client.close()
    const result = await run(`${destination.host}/demo/app`)
    expect(result.totals.images).toEqual({ copied: 299, unchanged: 1, failed: 0 })
    // Only the one that is there is asked for by its tag.
    expect(count(destination, /^HEAD .*\/manifests\/[0-9.]+$/)).toBe(1)
  })
})
