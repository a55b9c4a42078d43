import { expect, it } from 'vitest'
import { rehearsing } from '../../src/copy/rehearse.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, randomBlob } from '../helpers/images.ts'

const blob = randomBlob(10).descriptor
const manifest = makeImage().root
const never = () => {
  throw new Error('opened')
}

it.each([
  [blob, 'reg.example:5000/b', 'reg.example:5000/a/app', 'mounted'],
  [blob, 'docker.io/library/b', 'docker.io/library/a', 'mounted'],
  [blob, 'localhost:5000/b', 'localhost:5000/a', 'mounted'],
  [blob, 'reg.example/b', 'reg.example:5000/a', 'pushed'],
  [blob, 'reg.example/b', 'reg.example/b', 'pushed'],
  [blob, 'reg.example/b', undefined, 'pushed'],
  [blob, 'oci:folder/b', 'oci:folder/a', 'pushed'],
  [blob, 'memory', 'memory', 'pushed'],
  [manifest, 'reg.example/b', 'reg.example/a', 'pushed'],
] as const)('%o to %s from %s would be %s', async (target, to, mountFrom, outcome) => {
  expect(await rehearsing(memoryStore(to)).push(target, never, { mountFrom })).toBe(outcome)
})

it('says what is there already', async () => {
  const store = memoryStore('reg.example/b')
  const { descriptor, bytes } = randomBlob(10)
  const { Readable } = await import('node:stream')
  await store.push(descriptor, () => Promise.resolve(Readable.from([bytes])))
  expect(await rehearsing(store).push(descriptor, never, { mountFrom: 'reg.example/a' })).toBe('present')
})
