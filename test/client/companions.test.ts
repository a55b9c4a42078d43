import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { testClient } from '../helpers/client.ts'
import { makeArtifact, makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const artifactType = 'application/vnd.example.signature'
let source: TestServer
let destination: TestServer
beforeEach(async () => {
  source = await startServer()
  destination = await startServer()
})
afterEach(() => Promise.all([source.close(), destination.close()]))

async function given(image: Sample, companions: readonly [Sample, tag?: string][]) {
  const client = await testClient()
  const { store } = await client.open(`${source.host}/demo/app:v1`, { write: true })
  await seed(store, image, 'v1')
  for (const [sample, tag] of companions) await seed(store, sample, tag)
  await client.close()
}

async function run(options: CopyOptions) {
  source.requests.length = destination.requests.length = 0
  const client = await testClient()
  try {
    const to = await client.open(`${destination.host}/demo/app:v1`, { write: true })
    return await copy(await client.open(`${source.host}/demo/app:v1`), to, options)
  } finally {
    await client.close()
  }
}

const lines = ({ requests }: TestServer) =>
  requests.map(({ method, url }) => `${method} ${url.replace('/v2/demo/app/', '').replace(/\?.*/, '')}`)
const tagOf = ({ digest }: Descriptor) => digest.replace(':', '-')

describe('requests of a copy with what belongs to the image', () => {
  it('unchanged, with its referrers: a HEAD and a list at each side, and a list for each referrer', async () => {
    const image = makeImage()
    const seals = [1, 2, 3].map(() => makeArtifact({ artifactType, subject: image.root }))
    await given(
      image,
      seals.map(seal => [seal]),
    )
    expect((await run({ referrers: true })).referrers).toEqual({ copied: 3, skipped: 0 })
    const again = await run({ referrers: true })
    expect(again.referrers).toEqual({ copied: 0, skipped: 3 })
    expect(lines(source).slice(0, 2)).toEqual(['HEAD manifests/v1', `GET referrers/${image.root.digest}`])
    expect(lines(source).slice(2).sort()).toEqual(seals.map(({ root }) => `GET referrers/${root.digest}`).sort())
    expect(lines(destination)).toEqual(['HEAD manifests/v1', `GET referrers/${image.root.digest}`])
  })

  it('an index without any: a HEAD and a list for each manifest at the source, and no pull there', async () => {
    const platforms = ['linux/amd64', 'linux/arm64']
    const index = makeIndex({ platforms })
    await given(index, [])
    await run({ referrers: true })
    await run({ referrers: true })
    expect(lines(source).filter(line => line.startsWith('GET manifests'))).toEqual([])
    expect(source.requests).toHaveLength(1 + 1 + platforms.length)
    expect(lines(destination)).toEqual(['HEAD manifests/v1', `GET manifests/${index.root.digest}`])
  })

  it('cold, a referrer costs what an image does, and a list at the source', async () => {
    const image = makeImage()
    const seal = makeArtifact({ artifactType, subject: image.root })
    await given(image, [[seal]])
    await run({})
    const without = [source.requests.length, destination.requests.length]
    await destination.close()
    destination = await startServer()
    await run({ referrers: true })
    // At the source two lists, the manifest and the layer: the config `{}` is in the manifest. At the destination two blobs and the manifest.
    expect([source.requests.length, destination.requests.length]).toEqual([
      (without[0] ?? 0) + 4,
      (without[1] ?? 0) + 5,
    ])
  })

  it('unchanged, with its digest tags: one list, and a HEAD at each side for each tag', async () => {
    const image = makeImage()
    await given(image, [
      [makeArtifact({ artifactType }), `${tagOf(image.root)}.sig`],
      [makeArtifact({ artifactType }), `${tagOf(image.root)}.att`],
    ])
    expect((await run({ digestTags: true })).digestTags).toEqual({ copied: 2, skipped: 0 })
    expect((await run({ digestTags: true })).digestTags).toEqual({ copied: 0, skipped: 2 })
    expect([source.requests.length, destination.requests.length]).toEqual([1 + 1 + 2, 1 + 2])
  })
})
