import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { keychainStore } from '../../src/credentials/keychain.ts'
import { indexedKeychain } from '../../src/credentials/keychain-index.ts'
import { temporary } from './fake-helpers.ts'
import { fakeKeytar } from './fake-keytar.ts'

const account = { kind: 'password', username: 'canary-user', password: 'canary' } as const
let path: string
beforeEach(async () => {
  path = join(await temporary(), 'index.json')
})

it('asks the keychain only for what was stored there, and lists no secret', async () => {
  let loads = 0
  const { keytar } = fakeKeytar()
  const load = async () => {
    loads++
    return keytar
  }
  const store = indexedKeychain(keychainStore({ load }), path)
  expect(await store.get('a.test')).toBeUndefined()
  expect(await store.delete('a.test')).toBe(false)
  expect(loads).toBe(0)
  await store.set('A.test', account)
  expect(await store.get('a.test')).toEqual({ credential: account, source: 'keychain' })
  expect(await store.registries()).toEqual(['a.test'])
  expect(await readFile(path, 'utf8')).not.toContain('canary')
  expect(await store.delete('https://a.test/v2/')).toBe(true)
  expect(await store.registries()).toEqual([])
})

it('lists before it stores and unlists after it removed: a crash between forgets no secret', async () => {
  const { keytar } = fakeKeytar()
  const refuse = async () => {
    throw new Error('locked')
  }
  const broken = indexedKeychain(
    keychainStore({ load: async () => ({ ...keytar, setPassword: refuse, deletePassword: refuse }) }),
    path,
  )
  await expect(broken.set('a.test', account)).rejects.toThrow('locked')
  expect(await broken.registries()).toEqual(['a.test'])
  await expect(broken.delete('a.test')).rejects.toThrow('locked')
  expect(await broken.registries()).toEqual(['a.test'])
})
