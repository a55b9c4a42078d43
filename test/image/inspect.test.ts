import { describe, expect, it } from 'vitest'
import { type ImageReport, type IndexReport, inspect } from '../../src/image/inspect.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { json, makeArtifact, makeImage, makeIndex, randomBlob, type Sample, seed } from '../helpers/images.ts'

async function report(sample: Sample) {
  const store = memoryStore('memory:x')
  await seed(store, sample, 'v1')
  return inspect(store, await store.resolve('v1'), { reference: 'x:v1' })
}
const bytesOf = (sample: Sample) =>
  [...sample.contents.values()]
    .filter(({ descriptor }) => !/manifest|index/.test(descriptor.mediaType))
    .reduce((sum, { bytes }) => sum + bytes.length, 0)

describe('inspect', () => {
  it.each([
    ['OCI', makeImage({ layers: 3, platform: 'linux/arm64/v8', annotations: { a: 'b' } })],
    ['Docker', makeImage({ layers: 3, platform: 'linux/arm64/v8', docker: true })],
  ])('tells id, size, platform and layers of an %s image', async (_name, sample) => {
    const image = (await report(sample)) as ImageReport
    const config = [...sample.contents.values()].find(({ descriptor }) =>
      /config|container.image/.test(descriptor.mediaType),
    )
    expect(image).toMatchObject({
      reference: 'x:v1',
      digest: sample.root.digest,
      mediaType: sample.root.mediaType,
      id: config?.descriptor.digest,
      size: bytesOf(sample),
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      created: '2024-01-02T03:04:05Z',
      config: {
        cmd: ['/bin/sh'],
        env: ['PATH=/usr/bin:/bin'],
        entrypoint: [],
        workdir: '',
        user: '',
        exposedPorts: [],
        volumes: [],
      },
      artifactType: null,
      subject: null,
    })
    expect(image.layers.map(layer => layer.createdBy)).toEqual(
      [0, 1, 2].map(at => `RUN /bin/sh -c make layer ${at} # buildkit`),
    )
  })

  it('gives a layer its step only where history has one for each, empty steps aside', async () => {
    const step = (created_by: string, empty_layer?: boolean) => ({ created_by, ...(empty_layer && { empty_layer }) })
    const aligned = (await report(
      makeImage({ layers: 2, history: [step('ADD a'), step('ENV x', true), step('ADD b')] }),
    )) as ImageReport
    expect(aligned.layers.map(layer => layer.createdBy)).toEqual(['ADD a', 'ADD b'])
    expect(aligned.history).toHaveLength(3)
    const short = (await report(makeImage({ layers: 2, history: [step('ADD a')] }))) as ImageReport
    expect(short.layers.map(layer => layer.createdBy)).toEqual([null, null])
  })

  it('tells the platforms of an index, and marks its attestations', async () => {
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })
    const index = (await report(sample)) as IndexReport
    expect(index.platforms.map(({ platform, attests }) => [platform, attests !== undefined])).toEqual([
      ['linux/amd64', false],
      ['linux/arm64/v8', false],
      ['unknown/unknown', true],
      ['unknown/unknown', true],
    ])
    const images = index.platforms.filter(({ attests }) => attests === undefined)
    expect(index.size).toBe(images.reduce((sum, { size }) => sum + size, 0))
    for (const { id, created, size } of images) {
      expect(id).toMatch(/^sha256:/)
      expect(created).toBe('2024-01-02T03:04:05Z')
      expect(size).toBeGreaterThan(0)
    }
  })

  it('counts a layer that platforms share once (item 94)', async () => {
    const image = makeImage({ layers: [5000] })
    const root = json(mediaTypes.ociIndex, {
      schemaVersion: 2,
      manifests: ['amd64', 'arm64'].map(architecture => ({ ...image.root, platform: { os: 'linux', architecture } })),
    })
    const index = (await report({
      root: root.descriptor,
      contents: new Map([...image.contents, [root.descriptor.digest, root]]),
    })) as IndexReport
    expect(index.size).toBe(bytesOf(image))
  })

  it('takes the platform from the config where an entry has none (item 93)', async () => {
    const image = makeImage({ platform: 'linux/s390x' })
    const root = json(mediaTypes.ociIndex, { schemaVersion: 2, manifests: [image.root] })
    const index = (await report({
      root: root.descriptor,
      contents: new Map([...image.contents, [root.descriptor.digest, root]]),
    })) as IndexReport
    expect(index.platforms[0]?.platform).toBe('linux/s390x')
  })

  it('shows an artifact without a platform by its type', async () => {
    const subject = makeImage()
    const image = (await report(
      makeArtifact({ artifactType: 'application/vnd.example.sbom', subject: subject.root }),
    )) as ImageReport
    expect(image).toMatchObject({
      os: null,
      architecture: null,
      config: null,
      artifactType: 'application/vnd.example.sbom',
      subject: { digest: subject.root.digest },
    })
  })

  it('falls back to the type of the config for what is no image (item 84)', async () => {
    const config = randomBlob(20, 'application/vnd.cncf.helm.config.v1+json')
    const manifest = json(mediaTypes.ociManifest, { schemaVersion: 2, config: config.descriptor, layers: [] })
    const sample = {
      root: manifest.descriptor,
      contents: new Map([config, manifest].map(each => [each.descriptor.digest, each])),
    }
    expect((await report(sample)) as ImageReport).toMatchObject({
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
      config: null,
    })
  })

  it('T26: survives a config full of nonsense', async () => {
    const config = json(mediaTypes.ociConfig, {
      os: 5,
      architecture: null,
      config: { Env: 'x', Labels: [1], Cmd: [1, 'a'], ExposedPorts: 7 },
      history: [null, 'x', { created_by: 3 }],
    })
    const manifest = json(mediaTypes.ociManifest, { schemaVersion: 2, config: config.descriptor, layers: [] })
    const sample = {
      root: manifest.descriptor,
      contents: new Map([config, manifest].map(each => [each.descriptor.digest, each])),
    }
    expect((await report(sample)) as ImageReport).toMatchObject({
      os: null,
      config: { env: [], cmd: ['a'], exposedPorts: [] },
    })
  })
})

it('T13: reads a child once, however often an index lists it', async () => {
  const store = memoryStore('memory:x')
  const image = makeImage()
  await seed(store, image)
  const index = json(mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: Array.from({ length: 3000 }, () => image.root),
  })
  await seed(store, { root: index.descriptor, contents: new Map([[index.descriptor.digest, index]]) }, 'v1')
  const fetched: string[] = []
  const counting = {
    ...store,
    fetch: (...args: Parameters<typeof store.fetch>) => {
      fetched.push(args[0].digest)
      return store.fetch(...args)
    },
  }
  const report = await inspect(counting, index.descriptor, { reference: 'x:v1' })
  expect((report as IndexReport).platforms).toHaveLength(3000)
  expect(fetched).toHaveLength(3)
})
