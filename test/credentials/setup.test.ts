import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { keychainStore } from '../../src/credentials/keychain.ts'
import { type CredentialSetup, createCredentials } from '../../src/credentials/setup.ts'
import type { Notice } from '../../src/model/notice.ts'
import { base64, callsOf, keepingHelper, shellHelper, temporary, writeJson } from './fake-helpers.ts'
import { fakeKeytar } from './fake-keytar.ts'

let dir: string
let notices: Notice[]
let loads: number
let base: CredentialSetup
beforeEach(async () => {
  dir = await temporary()
  notices = []
  loads = 0
  const { keytar } = fakeKeytar()
  const load = async () => {
    loads++
    return keytar
  }
  base = {
    dockerConfig: join(dir, 'config.json'),
    podmanFiles: [join(dir, 'podman.json'), join(dir, 'config.json')],
    helperPath: [dir, '/usr/bin', '/bin'].join(delimiter),
    keychain: { store: keychainStore({ load }), usable: async () => undefined },
  }
})

const create = (more: Partial<CredentialSetup> = {}) => createCredentials({ ...base, ...more }, n => notices.push(n))
const named = (username: string) => ({ kind: 'password', username, password: 'p' }) as const
const auths = (...users: [key: string, user: string][]) => ({
  auths: Object.fromEntries(users.map(([key, user]) => [key, { auth: base64(`${user}:p`) }])),
})
const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(dir, name), 'utf8'))
const unusable = async () => 'no D-Bus'

describe('get', () => {
  it('goes through the sources in their order, each giving way to the one before', async () => {
    await writeJson(join(dir, 'podman.json'), auths(['a.test', 'podman']))
    const userAt = async (more: Partial<CredentialSetup>) => {
      const found = await create(more).get('a.test')
      return [found?.credential.kind === 'password' && found.credential.username, found?.source]
    }
    expect(await userAt({})).toEqual(['podman', `podman (${join(dir, 'podman.json')})`])
    await writeJson(base.dockerConfig, auths(['a.test', 'docker']))
    expect(await userAt({})).toEqual(['docker', `docker config (${base.dockerConfig})`])
    await (await create().storeFor('keychain')).set('a.test', named('keychain'))
    expect(await userAt({})).toEqual(['keychain', 'keychain'])
    expect(await userAt({ useKeychain: false })).toEqual(['docker', expect.anything()])
    const authFile = join(dir, 'auth.json')
    await writeJson(authFile, auths(['a.test', 'chosen']))
    expect(await userAt({ authFile })).toEqual(['chosen', `auth file (${authFile})`])
    const authConfigJson = JSON.stringify(auths(['a.test', 'environment']))
    expect(await userAt({ authFile, authConfigJson })).toEqual(['environment', 'DOCKER_AUTH_CONFIG'])
    const explicit = [{ registry: 'a.test', credential: named('flag'), source: '--username' }]
    expect(await userAt({ authFile, authConfigJson, explicit })).toEqual(['flag', '--username'])
  })

  it.each(['test', 'xa.test', 'a.test.evil.test', 'a.test:443', 'docker.io'])(
    'T1: CVE-2026-59891: whatever is known of a.test, %s is anonymous',
    async registry => {
      const known = auths(['a.test', 'victim'])
      await writeJson(base.dockerConfig, known)
      await writeJson(join(dir, 'podman.json'), known)
      const credentials = create({
        explicit: [{ registry: 'a.test', credential: named('victim'), source: 'flag' }],
        authConfigJson: JSON.stringify(known),
        authFile: base.dockerConfig,
      })
      expect(await credentials.get(registry, 'a.test/x')).toBeUndefined()
    },
  )

  it('an anonymous pull neither loads the keychain nor starts a helper', async () => {
    await keepingHelper(dir, 'own')
    await writeJson(base.dockerConfig, { credHelpers: { 'a.test': 'own' } })
    expect(await create().get('docker.io', 'library/nginx')).toBeUndefined()
    expect([loads, await callsOf(dir, 'own'), notices]).toEqual([0, [], []])
  })

  it("Podman's namespaces are heard in its files and the auth file", async () => {
    await writeJson(join(dir, 'podman.json'), auths(['a.test/ns', 'ns']))
    expect(await create().get('a.test', 'ns/repo')).toMatchObject({ credential: { username: 'ns' } })
    expect(await create({ authFile: join(dir, 'podman.json') }).get('a.test', 'ns/repo')).toMatchObject({
      source: expect.stringContaining('auth file'),
    })
  })

  it("CVE-2021-41092: with docker's helper missing nothing is sent in its place", async () => {
    await writeJson(base.dockerConfig, { credsStore: 'gone', ...auths(['private.test', 'victim']) })
    expect(await create().get('docker.io')).toBeUndefined()
    expect(notices).toMatchObject([{ code: 'HELPER_FAILED' }])
  })
})

describe('storeFor', () => {
  it.each([
    ['auto without helper', {}, 'auto', 'keychain'],
    ['auto with credsStore', { credsStore: 'keep' }, 'auto', 'helper:keep'],
    ['auto with credHelpers', { credHelpers: { 'a.test': 'keep' } }, 'auto', 'helper:keep'],
    ['auto with credHelpers of another host', { credHelpers: { 'b.test': 'keep' } }, 'auto', 'keychain'],
    ['keychain in spite of a helper', { credsStore: 'keep' }, 'keychain', 'keychain'],
    ['file in spite of a helper', { credsStore: 'keep' }, 'file', 'file'],
    ['helper', { credsStore: 'keep' }, 'helper', 'helper:keep'],
  ] as const)('%s', async (_, config, kind, name) => {
    await keepingHelper(dir, 'keep')
    await writeJson(base.dockerConfig, config)
    const credentials = create()
    const store = await credentials.storeFor(kind, 'a.test')
    expect(store.name).toBe(name)
    await store.set('a.test', named('u'))
    expect(await credentials.get('a.test')).toMatchObject({ credential: named('u') })
    expect(await credentials.forget('a.test')).toContain(name)
    expect(await credentials.get('a.test')).toBeUndefined()
    expect(notices).toEqual([])
  })

  it('without a keychain auto is the file, with one notice', async () => {
    const credentials = create({ keychain: { store: keychainStore(), usable: unusable } })
    expect((await credentials.storeFor('auto')).name).toBe('file')
    expect((await credentials.storeFor('auto')).name).toBe('file')
    expect(notices).toEqual([{ code: 'KEYCHAIN_UNAVAILABLE', message: expect.stringContaining('no D-Bus') }])
    await expect(credentials.storeFor('keychain')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(create({ useKeychain: false }).storeFor('keychain')).rejects.toThrow('switched off')
    await expect(credentials.storeFor('helper')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('an auth file that was named is where login writes', async () => {
    const authFile = join(dir, 'auth.json')
    await writeJson(base.dockerConfig, { credsStore: 'gone' })
    await (await create({ authFile }).storeFor('auto', 'a.test')).set('a.test', named('u'))
    expect(await json('auth.json')).toEqual(auths(['a.test', 'u']))
    expect(await json('config.json')).toEqual({ credsStore: 'gone' })
  })

  it('a login wins over every older one, wherever it goes', async () => {
    await keepingHelper(dir, 'keep')
    await writeJson(base.dockerConfig, { credsStore: 'keep', ...auths(['a.test', 'oldest']) })
    const kinds = ['helper', 'keychain', 'file', 'keychain', 'helper', 'file', 'helper'] as const
    for (const [turn, kind] of kinds.entries()) {
      await (await create().storeFor(kind, 'a.test')).set('a.test', named(`turn ${turn}`))
      expect(await create().get('a.test')).toMatchObject({ credential: named(`turn ${turn}`) })
    }
    expect(await json('config.json')).toEqual({ credsStore: 'keep', auths: { 'a.test': {} } })
    expect(notices).toEqual([])
  })

  it('a login to the keychain takes the older one out of an auth file that is asked before', async () => {
    const authFile = join(dir, 'auth.json')
    await writeJson(authFile, auths(['a.test', 'old'], ['b.test', 'kept']))
    await (await create({ authFile }).storeFor('keychain', 'a.test')).set('a.test', named('new'))
    expect(await create({ authFile }).get('a.test')).toMatchObject({ credential: named('new') })
    expect(await json('auth.json')).toEqual(auths(['b.test', 'kept']))
  })

  it('what cannot be outdone is a notice', async () => {
    await shellHelper(dir, 'stuck', 'exit 3')
    await writeJson(base.dockerConfig, { credHelpers: { 'a.test': 'stuck' } })
    const authConfigJson = JSON.stringify(auths(['a.test', 'environment']))
    await (await create({ authConfigJson }).storeFor('file', 'a.test')).set('a.test', named('u'))
    expect(notices).toEqual([
      { code: 'SHADOWED', message: 'helper:stuck is asked before file and may still have another login for a.test' },
      { code: 'SHADOWED', message: 'DOCKER_AUTH_CONFIG wins over what is stored for a.test' },
    ])
  })

  it('a missing helper is an error at login, and nothing is stored elsewhere', async () => {
    await writeJson(base.dockerConfig, { credsStore: 'gone' })
    const store = await create().storeFor('auto', 'a.test')
    await expect(store.set('a.test', named('u'))).rejects.toThrow(/docker-credential-gone/)
    expect(await json('config.json')).toEqual({ credsStore: 'gone' })
    expect(loads).toBe(0)
  })
})

describe('forget and registries', () => {
  it('forgets under every alias, in every store, and names them', async () => {
    await keepingHelper(dir, 'keep')
    await writeJson(join(dir, 'keep.json'), { 'https://index.docker.io/v1/': { Username: 'u', Secret: 's' } })
    await writeJson(join(dir, 'podman.json'), auths(['docker.io', 'p'], ['docker.io/ns', 'kept']))
    await (await create().storeFor('keychain')).set('docker.io', named('k'))
    await writeJson(base.dockerConfig, { credsStore: 'keep', auths: { 'https://index.docker.io/v1/': {} } })
    expect((await create().forget('registry-1.docker.io')).sort()).toEqual(['file', 'helper:keep', 'keychain'])
    expect(await create().get('docker.io')).toBeUndefined()
    expect(await json('podman.json')).toEqual(auths(['docker.io/ns', 'kept']))
    expect(await create().forget('docker.io')).toEqual([])
  })

  it('one broken store does not keep the secret in the others, and is told', async () => {
    await shellHelper(dir, 'stuck', 'echo sick >&2; exit 3')
    await writeJson(base.dockerConfig, { credsStore: 'stuck', ...auths(['a.test', 'u']) })
    await writeFile(join(dir, 'podman.json'), '{')
    await expect(create().forget('a.test')).rejects.toMatchObject({
      code: 'PARTIAL',
      message: expect.stringMatching(
        /removed from file, but not everywhere: .*podman\.json.*stuck.*sick|stuck.*podman/,
      ),
    })
    expect(await json('config.json')).toEqual({ credsStore: 'stuck', auths: {} })
  })

  it('knows every registry of files, helpers and keychain', async () => {
    await keepingHelper(dir, 'keep')
    await writeJson(join(dir, 'keep.json'), { 'https://index.docker.io/v1/': { Username: 'u', Secret: 's' } })
    await writeJson(join(dir, 'podman.json'), auths(['p.test', 'p'], ['q.test/ns', 'q']))
    await (await create().storeFor('keychain')).set('k.test', named('k'))
    await writeJson(base.dockerConfig, {
      credsStore: 'keep',
      credHelpers: { 'x.test': 'gone' },
      ...auths(['https://d.test', 'd']),
    })
    expect(await create().registries()).toEqual(['d.test', 'docker.io', 'k.test', 'p.test'])
    expect(notices).toEqual([{ code: 'HELPER_FAILED', message: expect.stringContaining('docker-credential-gone') }])
  })
})
