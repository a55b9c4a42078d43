import { expect, it } from 'vitest'
import { serveHelper } from '../../src/credentials/helper-protocol.ts'
import { memoryStore } from '../../src/credentials/memory.ts'

const hub = 'https://index.docker.io/v1/'
const stored = (item: Record<string, unknown>) =>
  JSON.stringify({ ServerURL: hub, Username: 'u', Secret: 's', ...item })

it.each([
  ['a password', 'u', 'p:q', { kind: 'password', username: 'u', password: 'p:q' }],
  ['an identity token', '<token>', 't', { kind: 'identity', token: 't' }],
])('stores, gets, lists and erases %s', async (_, Username, Secret, credential) => {
  const store = memoryStore()
  expect(await serveHelper('store', stored({ Username, Secret }), store)).toEqual({ output: '', exitCode: 0 })
  expect((await store.get('docker.io'))?.credential).toEqual(credential)
  const got = await serveHelper('get', `${hub}\n`, store)
  expect([JSON.parse(got.output), got.exitCode]).toEqual([{ ServerURL: hub, Username, Secret }, 0])
  expect(await serveHelper('list', 'unused', store)).toEqual({ output: `{"${hub}":"${Username}"}\n`, exitCode: 0 })
  expect(await serveHelper('erase', hub, store)).toEqual({ output: '', exitCode: 0 })
  expect(await serveHelper('erase', hub, store)).toEqual({ output: '', exitCode: 0 })
  expect(await serveHelper('list', 'unused', store)).toEqual({ output: '{}\n', exitCode: 0 })
})

it.each([
  ['get', hub, 'credentials not found in native keychain\n'],
  ['get', '', 'no credentials server URL\n'],
  ['erase', ' \n', 'no credentials server URL\n'],
  ['store', stored({ ServerURL: '' }), 'no credentials server URL\n'],
  ['store', stored({ Username: '' }), 'no credentials username\n'],
  ['store', stored({ Secret: 7 }), 'no credentials secret\n'],
  ['store', 'canary', 'the input is not JSON\n'],
  ['store', '[]', 'no credentials server URL\n'],
  ['constructor', '', 'usage: docker-credential-regctl <store|get|erase|list|version>\n'],
  [undefined, '', 'usage: docker-credential-regctl <store|get|erase|list|version>\n'],
])('%s %j fails with exit code 1 and %j', async (action, input, output) => {
  expect(await serveHelper(action, input, memoryStore())).toEqual({ output, exitCode: 1 })
})

it('T15: what a library throws is not repeated', async () => {
  const broken = {
    ...memoryStore(),
    set: async () => {
      throw new Error('canary')
    },
  }
  expect(await serveHelper('store', stored({}), broken)).toEqual({ output: 'the keychain failed\n', exitCode: 1 })
})

it("Docker Desktop's keys beside Hub's stay apart", async () => {
  const store = memoryStore()
  const token = `${hub}access-token`
  await serveHelper('store', stored({ ServerURL: token, Secret: 'token' }), store)
  expect(await store.get('docker.io')).toBeUndefined()
  expect((await serveHelper('list', '', store)).output).toBe(`{"${token}":"u"}\n`)
})

it('tells its version', async () => {
  expect((await serveHelper('version', '', memoryStore(), '1.2.3')).output).toBe(
    'docker-credential-regctl (regctl-js) 1.2.3\n',
  )
})
