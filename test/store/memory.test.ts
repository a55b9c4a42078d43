import { expect, it } from 'vitest'
import { mediaTypes } from '../../src/model/media-types.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, openBytes, randomBlob, seed } from '../helpers/images.ts'
import { describeStore, expectCode } from './contract.ts'

describeStore('memory', async () => ({ store: memoryStore() }))

it('is where it was told to be', () => {
  expect([memoryStore().location, memoryStore('memory:a').location]).toEqual(['memory', 'memory:a'])
})

it('has a manifest that came as a blob only when it comes as a manifest', async () => {
  const store = memoryStore()
  const { root, contents } = makeImage()
  const bytes = contents.get(root.digest)?.bytes ?? Buffer.alloc(0)
  await store.push({ ...root, mediaType: mediaTypes.octets }, openBytes(bytes))
  expect(await store.stat(root)).toBeUndefined()
  await expectCode(store.resolve(root.digest), 'NOT_FOUND')
  await store.push(root, openBytes(bytes))
  expect(await store.stat(root)).toEqual(root)
  expect(await store.resolve(root.digest)).toEqual(root)
})

it('T11: looks at the bytes again when known content comes under another size', async () => {
  const store = memoryStore()
  const { descriptor, bytes } = randomBlob(100)
  await store.push(descriptor, openBytes(bytes))
  await expectCode(store.push({ ...descriptor, size: 99 }, openBytes(bytes)), 'CONTENT_MISMATCH')
  expect(await store.stat(descriptor)).toEqual(descriptor)
})

it('deletes a tag for good: content that comes back is nameless', async () => {
  const store = memoryStore()
  const image = makeImage()
  await seed(store, image, 'v1')
  await store.delete(image.root)
  await seed(store, image)
  await expectCode(store.resolve('v1'), 'NOT_FOUND')
})
