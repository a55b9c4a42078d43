import { expect, it } from 'vitest'
import { memoryStore } from '../../src/credentials/memory.ts'

it('T1: keeps a credential for exactly one registry', async () => {
  const store = memoryStore('test')
  await store.set('https://Reg.test/v1/', { kind: 'registry', token: 't' })
  expect(await store.get('reg.test')).toEqual({ credential: { kind: 'registry', token: 't' }, source: 'test' })
  for (const other of ['eg.test', 'reg.test.evil.test', 'reg.test:443']) expect(await store.get(other)).toBeUndefined()
  expect(await store.registries()).toEqual(['reg.test'])
  expect(await store.delete('reg.test')).toBe(true)
  expect(await store.delete('reg.test')).toBe(false)
})
