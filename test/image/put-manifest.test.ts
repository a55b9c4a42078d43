import { describe, expect, it } from 'vitest'
import { putManifest } from '../../src/image/put-manifest.ts'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import { makeImage, makeIndex, seed } from '../helpers/images.ts'
import { collect, expectCode } from '../store/contract.ts'

const image = makeImage()
const bytes = image.contents.get(image.root.digest)?.bytes ?? Buffer.alloc(0)

async function withBlobs() {
  const store = memoryStore()
  await seed(store, image)
  await store.delete(image.root)
  return store
}

describe('putting a manifest', () => {
  it.each(['v1', image.root.digest, ''])('under %j, byte for byte', async reference => {
    const store = await withBlobs()
    expect(await putManifest({ store, reference }, bytes)).toEqual(image.root)
    expect(await readVerified(store, await store.resolve(reference || image.root.digest))).toEqual(bytes)
    expect(await collect(store.tags())).toEqual(reference === 'v1' ? ['v1'] : [])
  })

  it('under a digest of another algorithm', async () => {
    const store = await withBlobs()
    const digest = digestOf(bytes, 'sha512')
    expect(await putManifest({ store, reference: digest }, bytes)).toMatchObject({ digest })
  })

  const text = bytes.toString()
  const untyped = Buffer.from(text.replace(/"mediaType":"[^"]*manifest[^"]*",/, ''))
  it('as what it is said to be, where it does not say so itself', async () => {
    const store = await withBlobs()
    const put = await putManifest({ store, reference: 'v1' }, untyped, { mediaType: mediaTypes.dockerManifest })
    expect(put.mediaType).toBe(mediaTypes.dockerManifest)
    expect((await putManifest({ store, reference: 'v2' }, untyped)).mediaType).toBe(mediaTypes.ociManifest)
  })

  it.each<[string, Buffer, string, string, string]>([
    ['T11: said to be an index', bytes, 'v1', mediaTypes.ociIndex, 'CONTENT_INVALID'],
    ['T11: said to be another type', bytes, 'v1', mediaTypes.dockerManifest, 'CONTENT_INVALID'],
    ['T11: another digest', bytes, makeImage().root.digest, '', 'CONTENT_MISMATCH'],
    ['no JSON', Buffer.from('hello'), 'v1', '', 'CONTENT_INVALID'],
    ['no manifest', Buffer.from('{}'), 'v1', '', 'CONTENT_INVALID'],
    [
      'T11: both kinds at once',
      Buffer.from(text.replace('"layers"', '"manifests":[],"layers"')),
      'v1',
      '',
      'CONTENT_INVALID',
    ],
    ['T12: more than 4 MiB', Buffer.concat([bytes, Buffer.alloc(4 * 1024 * 1024, ' ')]), 'v1', '', 'CONTENT_INVALID'],
    ["Docker's schema 1", Buffer.from('{"schemaVersion":1,"fsLayers":[]}'), 'v1', '', 'UNSUPPORTED'],
  ])('refuses %s, and puts nothing', async (_what, content, reference, mediaType, code) => {
    const store = await withBlobs()
    await expect(putManifest({ store, reference }, content, { mediaType })).rejects.toMatchObject({ code })
    expect(await collect(store.tags())).toEqual([])
    expect(await store.stat(image.root)).toBeUndefined()
  })

  it('names what is missing, where that is to be checked', async () => {
    const index = makeIndex({ platforms: ['linux/amd64'] })
    const content = index.contents.get(index.root.digest)?.bytes ?? Buffer.alloc(0)
    const [child] = JSON.parse(content.toString()).manifests
    const place = { store: memoryStore(), reference: 'v1' }
    await expect(putManifest(place, content, { checkChildren: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `memory lacks content that the manifest refers to: ${child.digest}`,
    })
    await expectCode(place.store.resolve('v1'), 'NOT_FOUND')
    await seed(place.store, index)
    expect(await putManifest(place, content, { checkChildren: true })).toEqual(index.root)
  })
})
