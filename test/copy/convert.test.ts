import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { copyToMany } from '../../src/copy/many.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import { copyTags } from '../../src/copy/tags.ts'
import { type Descriptor, descriptorOf } from '../../src/model/descriptor.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Notice } from '../../src/model/notice.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import {
  type Content,
  json,
  makeArtifact,
  makeImage,
  makeIndex,
  randomBlob,
  type Sample,
  seed,
} from '../helpers/images.ts'

async function given(sample: Sample) {
  const source = memoryStore('source.example/app')
  const destination = memoryStore('destination.example/app')
  await seed(source, sample, 'v1')
  const notices: Notice[] = []
  const run = (options: CopyOptions, from: Store = source, to: Store = destination) =>
    copy({ store: from, reference: 'v1' }, { store: to, reference: 'v1' }, { notify: n => notices.push(n), ...options })
  return { source, destination, notices, run }
}

/** The root and all manifests below it. */
async function manifestsIn(store: Store, root: Descriptor): Promise<Descriptor[]> {
  const manifest = await readManifest(store, root)
  if (manifest.kind === 'image') return [root]
  const below = await Promise.all(manifest.manifests.map(entry => manifestsIn(store, entry)))
  return [root, ...below.flat()]
}

/** An image of these parts. */
function imageOf(layers: readonly Content[], extra: object = {}, configType: string = mediaTypes.ociConfig): Sample {
  const config = json(configType, { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...extra,
  })
  const all = [config, ...layers, manifest]
  return { root: manifest.descriptor, contents: new Map(all.map(each => [each.descriptor.digest, each])) }
}

const types = {
  oci: {
    manifest: mediaTypes.ociManifest,
    index: mediaTypes.ociIndex,
    config: mediaTypes.ociConfig,
    layer: mediaTypes.ociLayerGzip,
  },
  docker: {
    manifest: mediaTypes.dockerManifest,
    index: mediaTypes.dockerList,
    config: mediaTypes.dockerConfig,
    layer: mediaTypes.dockerLayerGzip,
  },
}
const platforms = ['linux/amd64', 'linux/arm64/v8']

describe('copy with a format', () => {
  it.each([
    ['an image', 'docker', makeImage()],
    ['a Docker image', 'oci', makeImage({ docker: true })],
    ['an index', 'docker', makeIndex({ platforms })],
    ['a Docker list', 'oci', makeIndex({ platforms, docker: true })],
  ] as const)('%s to %s: other types around the same config and layers', async (_name, format, sample) => {
    const { destination, notices, run } = await given(sample)
    const result = await run({ format })
    expect(result.digest).not.toBe(sample.root.digest)
    expect(result.convertedFrom).toBe(sample.root.digest)
    expect(notices).toEqual([
      { code: 'CONVERTED', message: expect.stringContaining(`${sample.root.digest} becomes ${result.digest}`) },
    ])
    const root = await destination.resolve('v1')
    const expected = types[format]
    for (const node of await manifestsIn(destination, root)) {
      const manifest = await readManifest(destination, node)
      expect(manifest.mediaType).toBe(manifest.kind === 'index' ? expected.index : expected.manifest)
      if (manifest.kind !== 'image' || !manifest.config) continue
      expect(manifest.config.mediaType).toBe(expected.config)
      for (const { mediaType } of manifest.layers) expect(mediaType).toBe(expected.layer)
      for (const part of [manifest.config, ...manifest.layers]) {
        const bytes = await readVerified(destination, part, { cap: 1e9 })
        expect(bytes.equals(sample.contents.get(part.digest)?.bytes ?? Buffer.alloc(0))).toBe(true)
      }
    }
  })

  it.each([
    ['an image', 'oci', makeImage()],
    ['an artifact', 'oci', makeArtifact({ artifactType: 'application/vnd.example' })],
    ['an index with attestations', 'oci', makeIndex({ platforms, attestations: true })],
    ['a nested index', 'oci', makeIndex({ platforms, nested: true })],
    ['a Docker image', 'docker', makeImage({ docker: true })],
    ['a Docker list', 'docker', makeIndex({ platforms, docker: true })],
  ] as const)('%s is %s already: nothing changes', async (_name, format, sample) => {
    const { notices, run } = await given(sample)
    const result = await run({ format })
    expect([result.digest, result.convertedFrom, notices]).toEqual([sample.root.digest, undefined, []])
  })

  it('gives the same digest each time, and is unchanged the second time', async () => {
    const { run } = await given(makeIndex({ platforms }))
    const first = await run({ format: 'docker' })
    const second = await run({ format: 'docker' })
    expect(second.digest).toBe(first.digest)
    expect(second.manifests).toEqual({ copied: 0, skipped: 1 })
  })

  it('there and back is the same image: the config keeps its digest, and so the image its id', async () => {
    const { source, destination, run } = await given(makeImage())
    await run({ format: 'docker' })
    const back = memoryStore('back.example/app')
    const result = await run({ format: 'oci' }, destination, back)
    const before = await readManifest(source, await source.resolve('v1'))
    const after = await readManifest(back, await back.resolve('v1'))
    expect(after.kind === 'image' && after.config).toEqual(before.kind === 'image' && before.config)
    expect(after.kind === 'image' && after.layers).toEqual(before.kind === 'image' && before.layers)
    expect(result.mediaType).toBe(mediaTypes.ociManifest)
  })

  it('keeps fields that it does not know on the way to OCI', async () => {
    const image = makeImage({ docker: true })
    const bytes = image.contents.get(image.root.digest)?.bytes.toString() ?? ''
    const odd = Buffer.from(JSON.stringify({ ...JSON.parse(bytes), 'x-odd': [1] }))
    const descriptor = descriptorOf(odd, mediaTypes.dockerManifest)
    const { destination, run } = await given({
      root: descriptor,
      contents: new Map([...image.contents, [descriptor.digest, { descriptor, bytes: odd }]]),
    })
    await run({ format: 'oci' })
    const manifest = await readManifest(destination, await destination.resolve('v1'))
    expect(JSON.parse(Buffer.from(manifest.bytes).toString())).toMatchObject({ 'x-odd': [1] })
  })

  it('leaves out attestations and annotations that Docker has no place for, and says so', async () => {
    const sample = makeIndex({ platforms, attestations: true, annotations: { a: 'b' } })
    const { destination, notices, run } = await given(sample)
    await run({ format: 'docker' })
    const index = await readManifest(destination, await destination.resolve('v1'))
    expect(index.kind === 'index' && index.manifests.map(({ platform }) => platform?.architecture)).toEqual([
      'amd64',
      'arm64',
    ])
    expect(index.annotations).toEqual({})
    expect(notices.map(({ code }) => code).sort()).toEqual(['CONVERTED', 'FORMAT_DROPS'])
    expect(notices.find(({ code }) => code === 'FORMAT_DROPS')?.message).toMatch(/attestations and annotations/)
  })

  it('brings a Docker image in an OCI index into the index’s format, and takes platforms too', async () => {
    const docker = makeImage({ docker: true, platform: 'linux/arm64' })
    const plain = makeImage()
    const embedded = docker.contents.get(docker.root.digest)?.bytes ?? Buffer.alloc(0)
    const entries = [
      { ...plain.root, platform: { os: 'linux', architecture: 'amd64' } },
      { ...docker.root, platform: { os: 'linux', architecture: 'arm64' }, data: embedded.toString('base64') },
    ]
    const index = json(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries })
    const mixed: Sample = {
      root: index.descriptor,
      contents: new Map([...plain.contents, ...docker.contents, [index.descriptor.digest, index]]),
    }
    const { destination, run } = await given(mixed)
    await run({ format: 'oci' })
    const all = await manifestsIn(destination, await destination.resolve('v1'))
    expect(all.map(({ mediaType }) => mediaType)).toEqual([
      mediaTypes.ociIndex,
      mediaTypes.ociManifest,
      mediaTypes.ociManifest,
    ])
    expect(all[1]?.digest).toBe(plain.root.digest)
    const { bytes } = await readManifest(destination, await destination.resolve('v1'))
    expect(JSON.parse(Buffer.from(bytes).toString()).manifests[1]).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: all[2]?.digest,
      size: all[2]?.size,
      platform: { os: 'linux', architecture: 'arm64' },
    })
    await run({ format: 'docker', platforms: [parsePlatform('linux/arm64')] })
    const narrow = await manifestsIn(destination, await destination.resolve('v1'))
    expect(narrow.map(({ digest }) => digest).slice(1)).toEqual([docker.root.digest])
    expect(narrow[0]?.mediaType).toBe(mediaTypes.dockerList)
  })

  it('tells of an index without platforms how to make one that Docker can pull by', async () => {
    const plain = makeImage()
    const index = json(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [plain.root],
    })
    const contents = new Map([...plain.contents, [index.descriptor.digest, index]])
    const { run } = await given({ root: index.descriptor, contents })
    await expect(run({ format: 'docker' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(`it does not say for which platform`),
      hint: expect.stringContaining('regctl index create NEW OLD'),
    })
  })

  it.each<[string, 'oci' | 'docker', Sample, RegExp]>([
    ['zstd layers', 'docker', imageOf([randomBlob(10, mediaTypes.ociLayerZstd)]), /zstd.*never recompressed/],
    [
      'an artifact',
      'docker',
      makeArtifact({ artifactType: 'application/vnd.example' }),
      /it is application\/vnd\.example, and no image/,
    ],
    ['a config of its own', 'docker', imageOf([], {}, 'application/vnd.cncf.helm.config.v1+json'), /helm.*no image/],
    [
      'a foreign type of layer',
      'docker',
      imageOf([randomBlob(10, 'application/vnd.example.layer')]),
      /a layer of the type application\/vnd\.example\.layer/,
    ],
    [
      'an encrypted layer',
      'docker',
      imageOf([randomBlob(10, `${mediaTypes.ociLayerGzip}+encrypted`)]),
      /a layer of the type/,
    ],
    [
      'a subject',
      'docker',
      imageOf([randomBlob(10, mediaTypes.ociLayerGzip)], { subject: makeImage().root }),
      /refers to another image/,
    ],
    ['an index within the index', 'docker', makeIndex({ platforms, nested: true }), /an index within the index/],
    ['an entry without a platform', 'docker', withoutPlatform(), /for which platform/],
  ])('refuses %s in %s, and moves nothing', async (_name, format, sample, message) => {
    const { destination, run } = await given(sample)
    const attempt = run({ format })
    await expect(attempt).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(message) })
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining('--format') })
    await expect(destination.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps foreign layers foreign, with their urls', async () => {
    const foreign = {
      ...randomBlob(10).descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['https://x.example/'],
    }
    const config = json(mediaTypes.dockerConfig, {})
    const manifest = json(mediaTypes.dockerManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: config.descriptor,
      layers: [foreign],
    })
    const { destination, run } = await given({
      root: manifest.descriptor,
      contents: new Map([config, manifest].map(each => [each.descriptor.digest, each])),
    })
    await run({ format: 'oci' })
    const after = await readManifest(destination, await destination.resolve('v1'))
    expect(after.kind === 'image' && after.layers).toEqual([
      { ...foreign, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' },
    ])
  })

  it('T12: holds no more manifests written anew than 64 MiB', async () => {
    const config = json(mediaTypes.dockerConfig, {})
    const images = Array.from({ length: 18 }, (_, at) =>
      json(mediaTypes.dockerManifest, {
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: config.descriptor,
        layers: [],
        'x-odd': 'x'.repeat(3.9 * 1024 * 1024 + at),
      }),
    )
    const index = json(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: images.map(({ descriptor }) => descriptor),
    })
    const all = [config, ...images, index]
    const { run } = await given({
      root: index.descriptor,
      contents: new Map(all.map(each => [each.descriptor.digest, each])),
    })
    await expect(run({ format: 'oci' })).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
      message: expect.stringContaining('in the new format'),
    })
  })

  it('works for many tags and for several destinations', async () => {
    const { source, destination } = await given(makeIndex({ platforms }))
    const from = { store: source, reference: 'v1' }
    const tags = await copyTags(from, { store: destination, reference: '' }, { format: 'docker', selection: {} })
    expect(tags.images).toMatchObject([
      { mediaType: mediaTypes.dockerList, convertedFrom: (await source.resolve('v1')).digest },
    ])
    const again = await copyTags(from, { store: destination, reference: '' }, { format: 'docker', selection: {} })
    expect(again.totals.images).toEqual({ copied: 0, unchanged: 1, failed: 0 })
    const places = [memoryStore('a.example/a'), memoryStore('b.example/b')].map(store => ({ store, reference: 'v1' }))
    const many = await copyToMany(from, places, { format: 'docker' })
    for (const each of many.destinations)
      expect(each).toMatchObject({ digest: (await destination.resolve('v1')).digest })
  })
})

function withoutPlatform(): Sample {
  const image = makeImage()
  const index = json(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [image.root] })
  return { root: index.descriptor, contents: new Map([...image.contents, [index.descriptor.digest, index]]) }
}
