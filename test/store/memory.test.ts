import { expect, it } from 'vitest'
import { memoryStore } from '../../src/store/memory.ts'
import { describeStore } from './contract.ts'

describeStore('memory', async () => ({ store: memoryStore() }))

it('is where it was told to be', () => {
  expect([memoryStore().location, memoryStore('memory:a').location]).toEqual(['memory', 'memory:a'])
})
