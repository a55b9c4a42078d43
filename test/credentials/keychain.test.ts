import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { type Keytar, keychainStore } from '../../src/credentials/keychain.ts'
import { fakeKeytar } from './fake-keytar.ts'

const account = { kind: 'password', username: 'u:v', password: 'p"q\n' } as const

it.each([account, { kind: 'identity', token: 't' }, { kind: 'registry', token: 't' }] as const)(
  'keeps a $kind under service regctl and the registry as account',
  async credential => {
    const { keytar, items } = fakeKeytar()
    const store = keychainStore({ load: async () => keytar })
    await store.set('https://Reg.test/v1/', credential)
    expect([...items.keys()]).toEqual(['regctl reg.test'])
    expect(await store.get('reg.test')).toEqual({ credential, source: 'keychain' })
    expect(await store.registries()).toEqual(['reg.test'])
    expect(await store.delete('reg.test')).toBe(true)
    expect(await store.delete('reg.test')).toBe(false)
    expect(await store.get('reg.test')).toBeUndefined()
  },
)

it('T1: a neighbour gets nothing, and every alias of Hub is one account', async () => {
  const { keytar } = fakeKeytar()
  const store = keychainStore({ load: async () => keytar })
  await store.set('index.docker.io', account)
  expect(await store.get('docker.io')).toBeDefined()
  for (const other of ['evil-docker.io', 'ocker.io', 'docker.io.evil.test'])
    expect(await store.get(other)).toBeUndefined()
})

it('loads the library at first use, once', async () => {
  let loads = 0
  const { keytar } = fakeKeytar()
  const store = keychainStore({
    load: async () => {
      loads++
      return keytar
    },
  })
  expect(loads).toBe(0)
  await Promise.all([store.get('a.test'), store.get('b.test')])
  expect(loads).toBe(1)
})

it('an addon that does not load is UNSUPPORTED with the reason, and is tried again', async () => {
  const { keytar } = fakeKeytar()
  const answers = [Promise.reject(new Error('libsecret-1.so.0: cannot open \u001b[31m')), Promise.resolve(keytar)]
  const store = keychainStore({ load: () => answers.shift() ?? Promise.resolve(keytar) })
  await expect(store.get('a.test')).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: 'the keychain library does not load: libsecret-1.so.0: cannot open \\u001b[31m',
  })
  expect(await store.get('a.test')).toBeUndefined()
})

it('T15: a refusal names the registry and hides the secret, even when the keychain quotes it', async () => {
  const { keytar } = fakeKeytar()
  const setPassword: Keytar['setPassword'] = async (_service, _account, secret) => {
    throw new Error(`too long: ${secret}, ${JSON.parse(secret).identitytoken}`)
  }
  const store = keychainStore({ load: async () => ({ ...keytar, setPassword }) })
  const error = await store.set('a.test', { kind: 'identity', token: 'canary' }).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'FAILED', message: 'the keychain could not store a.test: too long: ***, ***' })
  expect(inspect(error)).not.toContain('canary')
})

it('a keychain that never answers is given up', async () => {
  const { keytar } = fakeKeytar()
  const getPassword = () => new Promise<never>(() => undefined)
  const store = keychainStore({ load: async () => ({ ...keytar, getPassword }), timeout: 20 })
  await expect(store.get('a.test')).rejects.toThrow('could not be asked for a.test: no answer within 0.02 seconds')
})

it.each(['canary', '{}', '[]', '{"username":"canary"}'])(
  'an item %j of another hand is an error that hides it',
  async text => {
    const { keytar, items } = fakeKeytar()
    items.set('regctl a.test', text)
    const error = await keychainStore({ load: async () => keytar })
      .get('a.test')
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'FAILED', hint: 'log in again' })
    expect(inspect(error)).not.toContain('canary')
  },
)
