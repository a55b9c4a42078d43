import { describe, expect, it } from 'vitest'
import { addToIndex, createIndex, removeFromIndex } from '../../src/compose/compose.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { descriptorOf } from '../../src/model/descriptor.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { json, makeArtifact, makeImage, makeIndex, openBytes, type Sample, seed } from '../helpers/images.ts'
import { expectCode } from '../store/contract.ts'

const at = (store: Store, reference: string) => ({ store, reference })
const sources = (store: Store, ...references: string[]) =>
  references.map(reference => ({ place: at(store, reference) }))

/** A store with these samples under their names. */
async function holding(samples: Record<string, Sample>): Promise<Store> {
  const store = memoryStore('memory:from')
  for (const [name, sample] of Object.entries(samples)) await seed(store, sample, name)
  return store
}

const amd64 = makeImage({ platform: 'linux/amd64' })
const arm64 = makeImage({ platform: 'linux/arm64/v8' })
const other = makeImage({ platform: 'linux/arm64' })
const docker = makeImage({ platform: 'linux/s390x', docker: true })
const index = makeIndex({ platforms: ['linux/amd64', 'linux/386'], attestations: true })
const from = await holding({ amd64, arm64, other, docker, index, artifact: makeArtifact({ artifactType: 'a/b' }) })

const entriesAt = async (store: Store, reference: string) => {
  const manifest = await readManifest(store, await store.resolve(reference))
  return manifest.kind === 'index' ? manifest.manifests : []
}
const textAt = async (store: Store, reference: string) =>
  (await readVerified(store, await store.resolve(reference))).toString()
/** Whether all below the index is there. */
async function isWhole(store: Store, root: Descriptor): Promise<boolean> {
  const manifest = await readManifest(store, root)
  const children =
    manifest.kind === 'index' ? manifest.manifests : [...manifest.layers, ...(manifest.config ? [manifest.config] : [])]
  for (const child of children) {
    if ((await store.stat(child)) === undefined) return false
    if (manifest.kind === 'index' && !(await isWhole(store, child))) return false
  }
  return true
}

describe('createIndex', () => {
  it('lists images with the platforms of their configs, whole, and the same each time (item 93)', async () => {
    const to = memoryStore('memory:to')
    const make = () => createIndex(at(to, 'v1'), sources(from, 'amd64', 'arm64'), { annotations: { k: 'v' } })
    const { digest, mediaType } = await make()
    expect(await textAt(to, 'v1')).toBe(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [
          { ...amd64.root, platform: { os: 'linux', architecture: 'amd64' } },
          { ...arm64.root, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        ],
        annotations: { k: 'v' },
      }),
    )
    expect(mediaType).toBe(mediaTypes.ociIndex)
    expect(await isWhole(to, await to.resolve('v1'))).toBe(true)
    expect((await make()).digest).toBe(digest)
  })

  it('takes the entries of an index as they are, attestations included', async () => {
    const to = memoryStore()
    await createIndex(at(to, 'v1'), sources(from, 'index', 'arm64'))
    const entries = await entriesAt(to, 'v1')
    const before = await entriesAt(from, 'index')
    expect(entries.slice(0, before.length)).toEqual(before)
    expect(entries).toHaveLength(before.length + 1)
    expect(await isWhole(to, await to.resolve('v1'))).toBe(true)
  })

  it('takes only the platforms that are asked for, with their attestations, from whichever source has them', async () => {
    const to = memoryStore()
    const platforms = [parsePlatform('linux/386'), parsePlatform('linux/arm64')]
    const made = await createIndex(at(to, 'v1'), sources(from, 'index', 'arm64', 'amd64'), { platforms })
    const image = made.manifests[0]?.digest
    expect(made.manifests.map(({ platform, attests }) => attests ?? platform)).toEqual([
      'linux/386',
      image,
      'linux/arm64/v8',
    ])
    await expect(
      createIndex(at(to, 'v2'), sources(from, 'index'), { platforms: [parsePlatform('linux/riscv64')] }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'there is linux/amd64, linux/386' })
  })

  it('writes a platform over what the image says, and over no more than one', async () => {
    const to = memoryStore()
    const platform = parsePlatform('linux/arm/v6')
    const made = await createIndex(at(to, 'v1'), [{ place: at(from, 'arm64'), platform }])
    expect(made.manifests).toMatchObject([{ platform: 'linux/arm/v6', digest: arm64.root.digest }])
    await expectCode(createIndex(at(to, 'v2'), [{ place: at(from, 'index'), platform }]), 'USAGE')
  })

  it('refuses two images for one platform, and lets the later one win when told', async () => {
    const to = memoryStore()
    const two = sources(from, 'arm64', 'amd64', 'other')
    await expect(createIndex(at(to, 'v1'), two)).rejects.toMatchObject({
      code: 'EXISTS',
      message: expect.stringContaining('linux/arm64'),
      hint: expect.stringContaining('--replace'),
    })
    await expectCode(to.resolve('v1'), 'NOT_FOUND')
    const made = await createIndex(at(to, 'v1'), two, { replace: true })
    expect(made.manifests.map(({ digest }) => digest)).toEqual([other.root.digest, amd64.root.digest])
  })

  it('lists what is named twice once, and artifacts without a platform', async () => {
    const to = memoryStore()
    const made = await createIndex(at(to, 'v1'), sources(from, 'amd64', 'amd64', 'artifact', 'artifact'))
    expect(made.manifests.map(({ platform }) => platform)).toEqual(['linux/amd64', null])
    expect((await entriesAt(to, 'v1'))[1]?.artifactType).toBe('a/b')
  })

  it('is empty where nothing is named, and says its type and subject', async () => {
    const to = memoryStore()
    await createIndex(at(to, 'v1'), [], { artifactType: 'application/vnd.x', subject: amd64.root })
    expect(JSON.parse(await textAt(to, 'v1'))).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      artifactType: 'application/vnd.x',
      manifests: [],
      subject: amd64.root,
    })
  })

  it.each<[string, string[], object, string | undefined]>([
    ['Docker images alone', ['docker'], {}, mediaTypes.dockerList],
    ['Docker images with annotations', ['docker'], { annotations: { k: 'v' } }, mediaTypes.ociIndex],
    ['Docker images, as OCI', ['docker'], { format: 'oci' }, mediaTypes.ociIndex],
    ['both', ['docker', 'amd64'], {}, mediaTypes.ociIndex],
    ['OCI images, as Docker', ['amd64'], { format: 'docker' }, undefined],
    ['annotations, as Docker', ['docker'], { format: 'docker', annotations: { k: 'v' } }, undefined],
  ])('%s: %j with %j is %s', async (_what, names, options, mediaType) => {
    const to = memoryStore()
    const made = createIndex(at(to, 'v1'), sources(from, ...names), options)
    if (mediaType) expect((await made).mediaType).toBe(mediaType)
    else {
      await expectCode(made, 'USAGE')
      // Nothing was brought for an index that cannot be.
      expect(await to.stat(amd64.root)).toBeUndefined()
    }
  })

  it('is sparse only when told, and brings nothing then', async () => {
    const to = memoryStore()
    await createIndex(at(to, 'v1'), sources(from, 'amd64'), { sparse: true })
    expect(await to.stat(amd64.root)).toBeUndefined()
    expect(await entriesAt(to, 'v1')).toHaveLength(1)
    await expectCode(createIndex(at(to, 'v2'), sources(to, 'v1')), 'NOT_FOUND')
  })
})

describe('addToIndex', () => {
  /** An index with fields that nobody knows, in the index and in an entry. */
  async function odd() {
    const to = await holding({ amd64 })
    const { descriptor, bytes } = json(mediaTypes.ociIndex, {
      'x-before': [1, null],
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        { 'x-entry': true, ...amd64.root, platform: { architecture: 'amd64', os: 'linux', 'x-platform': 1 } },
      ],
      annotations: { kept: 'yes' },
    })
    await to.push(descriptor, openBytes(bytes), { tag: 'odd' })
    return { to, before: bytes.toString() }
  }

  it('keeps order and unknown fields, and moves the tag', async () => {
    const { to, before } = await odd()
    const made = await addToIndex(at(to, 'odd'), sources(from, 'arm64'))
    const entry = JSON.stringify({ ...arm64.root, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })
    expect(await textAt(to, 'odd')).toBe(before.replace('}],"annotations"', `},${entry}],"annotations"`))
    expect((await to.resolve('odd')).digest).toBe(made.digest)
    expect(await isWhole(to, await to.resolve('odd'))).toBe(true)
  })

  it('changes nothing when the image is there already', async () => {
    const { to, before } = await odd()
    await addToIndex(at(to, 'odd'), sources(from, 'amd64'))
    expect(await textAt(to, 'odd')).toBe(before)
  })

  it('puts an image in the place of another of its platform, whose attestations go', async () => {
    const to = await holding({ index })
    const next = makeImage({ platform: 'linux/amd64' })
    await seed(to, next, 'next')
    await expectCode(addToIndex(at(to, 'index'), sources(to, 'next')), 'EXISTS')
    const [old, stays] = await entriesAt(to, 'index')
    const made = await addToIndex(at(to, 'index'), sources(to, 'next'), { replace: true })
    expect(made.manifests.map(({ digest, attests }) => attests ?? digest)).toEqual([
      next.root.digest,
      stays?.digest,
      stays?.digest,
    ])
    expect(await to.stat(old ?? index.root)).toBeDefined()
  })

  it('refuses an image in place of an index, and what is not there', async () => {
    const to = await holding({ amd64, index })
    await expectCode(addToIndex(at(to, 'amd64'), sources(from, 'arm64')), 'USAGE')
    await expectCode(addToIndex(at(to, 'missing'), sources(from, 'arm64')), 'NOT_FOUND')
    await expectCode(addToIndex(at(to, 'index'), sources(from, 'missing')), 'NOT_FOUND')
  })
})

describe('removeFromIndex', () => {
  it('takes an image with its attestation, by platform or digest', async () => {
    const to = await holding({ index })
    const [first, second] = await entriesAt(to, 'index')
    const made = await removeFromIndex(at(to, 'index'), { platforms: [parsePlatform('linux/386')] })
    expect(made.manifests.map(({ digest, attests }) => attests ?? digest)).toEqual([first?.digest, first?.digest])
    const none = await removeFromIndex(at(to, 'index'), { digests: first ? [first.digest] : [] })
    expect(none.manifests).toEqual([])
    expect(await to.stat(second ?? index.root)).toBeDefined()
  })

  it('says what there is when it is not that', async () => {
    const to = await holding({ index })
    await expect(removeFromIndex(at(to, 'index'), { platforms: [parsePlatform('linux/arm64')] })).rejects.toMatchObject(
      {
        code: 'NOT_FOUND',
        hint: 'it lists linux/amd64, linux/386',
      },
    )
    await expectCode(removeFromIndex(at(to, 'index'), { digests: [amd64.root.digest] }), 'NOT_FOUND')
    expect((await to.resolve('index')).digest).toBe(index.root.digest)
  })
})

it('tells Windows builds apart, and one build from itself', async () => {
  const windows = (build: string) => {
    const config = json(mediaTypes.ociConfig, { os: 'windows', architecture: 'amd64', 'os.version': build, rootfs: {} })
    const manifest = json(mediaTypes.ociManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [],
      annotations: { build },
    })
    return {
      root: manifest.descriptor,
      contents: new Map([config, manifest].map(each => [each.descriptor.digest, each])),
    }
  }
  const store = await holding({ old: windows('10.0.17763.1'), new: windows('10.0.20348.1') })
  const made = await createIndex(at(store, 'v1'), sources(store, 'old', 'new', 'old'))
  expect(made.manifests.map(({ platform }) => platform)).toEqual([
    'windows/amd64:10.0.17763.1',
    'windows/amd64:10.0.20348.1',
  ])
})

it('describes what it wrote', async () => {
  const to = memoryStore('memory:to')
  const made = await createIndex(at(to, 'v1'), sources(from, 'amd64'))
  const bytes = await readVerified(to, await to.resolve('v1'))
  const { digest, size, mediaType } = descriptorOf(bytes, mediaTypes.ociIndex)
  expect(made).toMatchObject({ reference: 'memory:to:v1', repository: 'memory:to', digest, size, mediaType })
})
