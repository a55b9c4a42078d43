import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { describeTags } from '../../src/image/tags.ts'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { archiveStore, dockerArchiveStore } from '../../src/store/archive.ts'
import { ArchiveFile } from '../../src/store/archive-file.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { classicMembers, layoutMembers, type TarMember, tar } from '../helpers/tar.ts'
import { collect, describeStore, expectCode } from './contract.ts'

const temporary = () => mkdtemp(join(tmpdir(), 'regctl-docker-archive-'))

describeStore(
  'docker-archive',
  async () => {
    const dir = await temporary()
    const path = join(dir, 'images.tar')
    const store = dockerArchiveStore(path, { write: true })
    return {
      store,
      tagged: tag => `demo/app:${tag}`,
      reopen: async () => {
        await store.close?.()
        return dockerArchiveStore(path)
      },
      close: () => rm(dir, { recursive: true }),
    }
  },
  { beyondImages: 'UNSUPPORTED' },
)

let path: string
beforeEach(async () => {
  path = join(await temporary(), 'images.tar')
})

const image = makeImage({ seed: 'docker-archive' })

async function give(sample: Sample, ...names: string[]): Promise<void> {
  const store = dockerArchiveStore(path, { write: true })
  for (const name of names) await seed(store, sample, name)
  await store.close?.()
}

async function put(members: readonly TarMember[]): Promise<Store> {
  await writeFile(path, tar(members))
  return dockerArchiveStore(path)
}

async function expectHolds(store: Store, name: string, sample: Sample): Promise<void> {
  expect(await store.resolve(name)).toEqual(sample.root)
  for (const { descriptor, bytes } of sample.contents.values()) {
    expect(await readVerified(store, descriptor)).toEqual(bytes)
  }
}

/** `manifest.json` with other words for its one image; any other member as it is. */
function withSaved(member: TarMember, words: object): TarMember {
  if (member.name !== 'manifest.json') return member
  const [item] = JSON.parse(String(member.content))
  return { ...member, content: JSON.stringify([{ ...item, ...words }]) }
}

/** A JSON file in the archive, as it stands there. */
async function fileIn(name: string): Promise<unknown> {
  const bytes = await readFile(path)
  for (let at = 0; bytes[at] !== 0; ) {
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8)
    if (bytes.toString('latin1', at, at + 100).replace(/\0.*/s, '') === name) {
      return JSON.parse(bytes.toString('utf8', at + 512, at + 512 + size))
    }
    at += 512 + Math.ceil(size / 512) * 512
  }
  return undefined
}

describe('what is written', () => {
  it('is what docker save writes since version 25: manifest.json points into a layout', async () => {
    const [config, ...rest] = [...image.contents.values()].map(({ descriptor }) => descriptor.digest.replace(':', '/'))
    const layers = rest.slice(0, -1).map(name => `blobs/${name}`)
    await give(image, 'nginx', 'quay.io/team/app:1.2')
    expect(await fileIn('manifest.json')).toEqual([
      {
        Config: `blobs/${config}`,
        RepoTags: ['docker.io/library/nginx:latest', 'quay.io/team/app:1.2'],
        Layers: layers,
      },
    ])
    const top = layers.at(-1)?.split('/').at(-1)
    expect(await fileIn('repositories')).toEqual({ nginx: { latest: top }, 'quay.io/team/app': { '1.2': top } })
    expect(await fileIn('index.json')).toMatchObject({
      manifests: [
        {
          digest: image.root.digest,
          annotations: {
            'io.containerd.image.name': 'docker.io/library/nginx:latest',
            'org.opencontainers.image.ref.name': 'latest',
          },
        },
        {
          annotations: {
            'io.containerd.image.name': 'quay.io/team/app:1.2',
            'org.opencontainers.image.ref.name': '1.2',
          },
        },
      ],
    })
    expect(await fileIn('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    await expectHolds(archiveStore(path), image.root.digest, image)
  })

  it('is the same each time', async () => {
    await give(image, 'nginx')
    const before = digestOf(await readFile(path))
    await rm(path)
    await give(image, 'docker.io/library/nginx:latest')
    expect(digestOf(await readFile(path))).toBe(before)
  })

  it('shows names as Docker does, and finds them as they are typed', async () => {
    await give(image, 'nginx:1', 'grafana/grafana:2', 'localhost:5000/x:3')
    const store = dockerArchiveStore(path)
    expect((await collect(store.tags())).sort()).toEqual(['grafana/grafana:2', 'localhost:5000/x:3', 'nginx:1'])
    for (const name of [
      'nginx:1',
      'docker.io/nginx:1',
      'docker.io/library/nginx:1',
      'index.docker.io/grafana/grafana:2',
      '',
    ]) {
      expect(await store.resolve(name)).toEqual(image.root)
    }
    await expect(store.resolve('nginx:2')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('nginx:1'),
    })
    await expectCode(store.resolve('NGINX'), 'REFERENCE_INVALID')
  })

  it('describes its names as tags are described', async () => {
    await give(image, 'nginx:1')
    const [described] = await describeTags(dockerArchiveStore(path), ['nginx:1'], {})
    expect(described).toMatchObject({ name: 'nginx:1', digest: image.root.digest, platforms: ['linux/amd64'] })
  })

  it('has no name where none was given, and asks for one where there are several images', async () => {
    const store = dockerArchiveStore(path, { write: true })
    await seed(store, image, '')
    await store.close?.()
    expect(await fileIn('manifest.json')).toMatchObject([{ RepoTags: null }])
    await expectHolds(dockerArchiveStore(path), '', image)
    await give(makeImage(), 'demo/other:1')
    await expectCode(dockerArchiveStore(path).resolve(''), 'CONTENT_INVALID')
    expect(await dockerArchiveStore(path).resolve(image.root.digest)).toEqual(image.root)
  })

  it('holds an index of one platform with its attestation; Docker is shown the image', async () => {
    const index = makeIndex({ platforms: ['linux/arm64'], attestations: true })
    await give(index, 'demo/app:1')
    await expectHolds(dockerArchiveStore(path), 'demo/app:1', index)
    const saved = await fileIn('manifest.json')
    expect(saved).toMatchObject([{ RepoTags: ['docker.io/demo/app:1'] }])
    expect(Object(saved)[0].Layers).toHaveLength(2)
  })

  it('adds to what is there, also to a classic archive, whose layers stay as they are', async () => {
    const layer = { name: 'a/layer.tar', content: Buffer.from('plain') }
    await put(classicMembers([layer], { diffIds: [digestOf(layer.content)] }))
    const before = await dockerArchiveStore(path).resolve('demo/app:1')
    await give(image, 'demo/new:1')
    const store = dockerArchiveStore(path)
    expect(await collect(store.tags())).toEqual(['demo/app:1', 'demo/new:1'])
    expect(await store.resolve('demo/app:1')).toEqual(before)
    await expectHolds(store, 'demo/new:1', image)
    expect(await readVerified(store, { mediaType: '', digest: digestOf(layer.content), size: 5 })).toEqual(
      layer.content,
    )
  })
})

const foreign = (mediaType: string): Sample => withLayer({ mediaType, urls: ['https://example.test/layer'] })

function withLayer(extra: object): Sample {
  const sample = makeImage({ layers: 1 })
  const bytes = [...sample.contents.values()].at(-1)?.bytes ?? Buffer.alloc(0)
  const manifest = JSON.parse(bytes.toString())
  Object.assign(manifest.layers[0], extra)
  const next = Buffer.from(JSON.stringify(manifest))
  const root = { ...sample.root, digest: digestOf(next), size: next.length }
  sample.contents.delete(sample.root.digest)
  sample.contents.set(root.digest, { descriptor: root, bytes: next })
  return { root, contents: sample.contents }
}

describe('what docker load could not load is refused before a blob is moved', () => {
  const cases: [string, Sample, RegExp][] = [
    [
      'two platforms',
      makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'] }),
      /one platform.*--platform linux\/amd64/,
    ],
    [
      'two platforms, nested',
      makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], nested: true }),
      /one platform/,
    ],
    [
      'an artifact',
      makeArtifact({ artifactType: 'application/vnd.example.sbom' }),
      /an artifact of type application\/vnd.example.sbom/,
    ],
    ['a zstd layer', withLayer({ mediaType: mediaTypes.ociLayerZstd }), /in zstd.*oci-archive/],
    ['a foreign layer', foreign('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'), /foreign/],
    ['a layer not to be distributed', foreign('application/vnd.oci.image.layer.nondistributable.v1.tar'), /foreign/],
    ['an encrypted layer', withLayer({ mediaType: `${mediaTypes.ociLayerGzip}+encrypted` }), /of type .*encrypted/],
  ]
  it.each(cases)('%s', async (_name, sample, told) => {
    const from = memoryStore()
    await seed(from, sample, 'v1')
    const fetched: string[] = []
    const watched: Store = overriding(from, {
      fetch: (target, options) => {
        fetched.push(target.mediaType)
        return from.fetch(target, options)
      },
    })
    const store = dockerArchiveStore(path, { write: true })
    const error = await copy({ store: watched, reference: 'v1' }, { store, reference: 'demo/app:1' }).catch(
      caught => caught,
    )
    expect(error).toMatchObject({ code: 'UNSUPPORTED' })
    expect(`${error.message} ${error.hint}`).toMatch(told)
    expect(fetched.filter(type => !type.includes('manifest') && !type.includes('index'))).toEqual([])
    await expectCode(seed(store, sample, 'demo/app:1'), 'UNSUPPORTED')
  })

  it('in a rehearsal too', async () => {
    const from = memoryStore()
    await seed(from, makeArtifact({ artifactType: 'application/vnd.example' }), 'v1')
    const to = { store: dockerArchiveStore(path, { write: true }), reference: '' }
    await expectCode(copy({ store: from, reference: 'v1' }, to, { dryRun: true }), 'UNSUPPORTED')
  })
})

describe('a classic docker save', () => {
  const plain = [randomBlob(2000, '', 'one').bytes, randomBlob(700_000, '', 'two').bytes]
  const diffIds = plain.map(bytes => digestOf(bytes))
  const layers = plain.map((content, at) => ({ name: `${at}/layer.tar`, content }))

  it('is described as it lies there: plain layers under their diff ids, the config and so the id as it was', async () => {
    const members = classicMembers(layers, { diffIds })
    const store = await put(members)
    const root = await store.resolve('demo/app:1')
    const manifest = await readManifest(store, root)
    const config = Buffer.from(members.find(({ name }) => name.toString().endsWith('.json'))?.content ?? '')
    expect(JSON.parse(Buffer.from(manifest.bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
      layers: plain.map((bytes, at) => ({ mediaType: mediaTypes.ociLayer, digest: diffIds[at], size: bytes.length })),
    })
    expect(root.digest).toBe(digestOf(manifest.bytes))
    const to = memoryStore()
    const result = await copy({ store, reference: 'demo/app:1' }, { store: to, reference: 'v1' })
    expect(result).toMatchObject({ digest: root.digest, blobs: { copied: 3 } })
    expect(await readVerified(to, { mediaType: '', digest: diffIds[1] ?? 'x:y', size: 700_000 })).toEqual(plain[1])
  })

  it('has the same digest each time, whatever its members are called', async () => {
    const first = await (await put(classicMembers(layers, { diffIds }))).resolve('')
    const renamed = layers.map(({ content }, at) => ({ name: `${at}.tar`, content }))
    expect(await (await put(classicMembers(renamed, { diffIds }))).resolve('')).toEqual(first)
  })

  it('with compressed layers keeps them compressed, under the digests of what lies there', async () => {
    const packed = layers.map(({ name, content }) => ({ name, content: gzipSync(content) }))
    const store = await put(classicMembers(packed, { diffIds }))
    const manifest = await readManifest(store, await store.resolve(''))
    expect(manifest).toMatchObject({
      layers: packed.map(({ content }) => ({
        mediaType: mediaTypes.ociLayerGzip,
        digest: digestOf(content),
        size: content.length,
      })),
    })
    const [first] = manifest.kind === 'image' ? manifest.layers : []
    expect(first && gunzipSync(await readVerified(store, first))).toEqual(plain[0])
  })

  it('with layers that are links, as old versions have them, or that stand twice, finds them in the archive', async () => {
    const [one, two] = [plain[0] ?? Buffer.alloc(0), plain[1] ?? Buffer.alloc(0)]
    const members = classicMembers(
      [
        { name: 'a/layer.tar', content: one },
        { name: 'b/layer.tar', content: two },
        { name: 'c/layer.tar', content: one },
        { name: 'd/layer.tar', content: one },
      ],
      { diffIds: [digestOf(one), digestOf(two), digestOf(one), digestOf(one)] },
    ).map(member => {
      if (member.name === 'c/layer.tar') return { name: member.name, type: '2', link: '../a/layer.tar' }
      return member.name === 'd/layer.tar' ? { name: member.name, type: '1', link: 'c/layer.tar' } : member
    })
    const store = await put(members)
    const manifest = await readManifest(store, await store.resolve(''))
    const digests = manifest.kind === 'image' ? manifest.layers.map(({ digest }) => digest) : []
    expect(digests).toEqual([digestOf(one), digestOf(two), digestOf(one), digestOf(one)])
    const result = await copy({ store, reference: '' }, { store: memoryStore(), reference: 'v1' })
    expect(result.blobs.copied).toBe(3)
  })

  it('T13: with a layer that is listed again and again reads it once', async () => {
    const packed = gzipSync(plain[0] ?? '')
    const members = classicMembers([{ name: 'a.tar', content: packed }], { diffIds: Array(50).fill(diffIds[0]) })
    const store = await put(members.map(each => withSaved(each, { Layers: Array(50).fill('a.tar') })))
    const read = vi.spyOn(ArchiveFile.prototype, 'read')
    const manifest = await readManifest(store, await store.resolve(''))
    expect(manifest).toMatchObject({ layers: Array(50).fill({ digest: digestOf(packed) }) })
    expect(read.mock.calls.filter(([{ size }]) => size === packed.length)).toHaveLength(1)
    read.mockRestore()
  })

  it.each<[string, () => TarMember[]]>([
    [
      'layers that are listed beyond reason',
      () => {
        const item = { Config: 'config.json', RepoTags: null, Layers: Array(1000).fill('a') }
        return [{ name: 'manifest.json', content: JSON.stringify(Array(101).fill(item)) }]
      },
    ],
    [
      'one large config for all of its images',
      () => {
        const item = { Config: 'config.json', RepoTags: null, Layers: [] }
        return [
          { name: 'config.json', content: `{}${' '.repeat(4_000_000)}` },
          { name: 'manifest.json', content: JSON.stringify(Array(20).fill(item)) },
        ]
      },
    ],
  ])('T13: with %s is refused', async (_, make) => {
    await expect((await put(make())).resolve('')).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
      message: expect.stringContaining('together'),
    })
  })

  it('with several images and names holds each', async () => {
    const [one, two] = layers.map((layer, at) => classicMembers([layer], { diffIds: diffIds.slice(at, at + 1) }))
    const items = [one, two].flatMap((members, at) => {
      const [item] = JSON.parse(String(members?.find(({ name }) => name === 'manifest.json')?.content))
      return [{ ...item, RepoTags: at === 0 ? ['demo/app:1', 'demo/app:latest'] : ['demo/app:2'] }]
    })
    const store = await put([
      ...[...(one ?? []), ...(two ?? [])].filter(({ name }) => name !== 'manifest.json'),
      { name: 'manifest.json', content: JSON.stringify(items) },
    ])
    expect(await collect(store.tags())).toEqual(['demo/app:1', 'demo/app:latest', 'demo/app:2'])
    expect(await store.resolve('demo/app')).toEqual(await store.resolve('demo/app:1'))
    expect(await store.resolve('demo/app:2')).not.toEqual(await store.resolve('demo/app:1'))
  })
})

describe('a docker save that carries a layout', () => {
  const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true })
  const [config] = [...index.contents.values()]

  function withManifest(members: readonly TarMember[], item: object): TarMember[] {
    const named = members.map(member => {
      if (member.name !== 'index.json') return member
      const parsed = JSON.parse(String(member.content))
      for (const entry of parsed.manifests) entry.annotations['io.containerd.image.name'] = 'docker.io/demo/app:1'
      return { ...member, content: JSON.stringify(parsed) }
    })
    return [...named, { name: 'manifest.json', content: JSON.stringify([{ RepoTags: ['demo/app:1'], ...item }]) }]
  }
  const item = {
    Config: `blobs/${config?.descriptor.digest.replace(':', '/')}`,
    Layers: [...index.contents.values()]
      .slice(1, 3)
      .map(({ descriptor }) => `blobs/${descriptor.digest.replace(':', '/')}`),
  }

  it('is the index that containerd saved, where all of it is there', async () => {
    const store = await put(withManifest(layoutMembers({ 1: index }), item))
    await expectHolds(store, 'demo/app:1', index)
  })

  it('is the image of the one platform, where the others are not there', async () => {
    const gone = [...index.contents.values()]
      .filter(({ bytes }) => bytes.includes('arm64'))
      .map(({ descriptor }) => descriptor.digest)
    const members = layoutMembers({ 1: index }).filter(
      ({ name }) => !gone.some(digest => name === `blobs/${digest.replace(':', '/')}` && digest !== index.root.digest),
    )
    const store = await put(withManifest(members, item))
    const root = await store.resolve('demo/app:1')
    expect(root.mediaType).toBe(mediaTypes.ociManifest)
    expect(index.contents.get(root.digest)?.bytes.includes(config?.descriptor.digest ?? '?')).toBe(true)
    await copy({ store, reference: 'demo/app:1' }, { store: memoryStore(), reference: 'v1' })
  })

  it('is the manifest in it, byte for byte, where the name is only in manifest.json', async () => {
    const [first, ...rest] = [...image.contents.keys()]
    const paths = rest.slice(0, -1).map(digest => `blobs/${digest.replace(':', '/')}`)
    const manifest = [{ Config: `blobs/${first?.replace(':', '/')}`, RepoTags: ['demo/app:1'], Layers: paths }]
    const store = await put([
      ...layoutMembers({ other: image }),
      { name: 'manifest.json', content: JSON.stringify(manifest) },
    ])
    await expectHolds(store, 'demo/app:1', image)
  })
})
