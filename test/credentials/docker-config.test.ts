import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type DockerConfigStore, dockerConfigStore } from '../../src/credentials/docker-config.ts'
import type { Notice } from '../../src/model/notice.ts'
import { base64, callsOf, keepingHelper, shellHelper, temporary, writeJson } from './fake-helpers.ts'

let dir: string
let path: string
let notices: Notice[]
let store: DockerConfigStore
beforeEach(async () => {
  dir = await temporary()
  path = join(dir, 'config.json')
  notices = []
  const helperPath = [dir, '/usr/bin', '/bin'].join(delimiter)
  store = dockerConfigStore({ path, helperPath, legacyPath: join(dir, '.dockercfg'), notify: n => notices.push(n) })
})

const auth = (user: string) => ({ auth: base64(`${user}:p`) })
const userOf = async (registry: string, repository?: string) => {
  const found = await store.get(registry, repository)
  return found?.credential.kind === 'password' ? found.credential.username : found?.credential.kind
}

describe('auths', () => {
  it.each([
    ['cr.io'],
    ['ghcr.io.evil.test'],
    ['xghcr.io'],
    ['io'],
    ['127.0.0.1:5000'],
    ['evil.azurecr.io.attacker.test'],
    ['ghcr.io:443'],
    ['__proto__'],
    ['constructor'],
  ])('T1: CVE-2026-59891: %s gets nothing of its neighbours', async registry => {
    const keys = ['ghcr.io', 'victim.127.0.0.1:5000', 'evil.azurecr.io', 'ghcr.io/evil', 'x.test/cr.io']
    await writeJson(path, { auths: Object.fromEntries(keys.map(key => [key, auth('victim')])) })
    expect(await store.get(registry)).toBeUndefined()
    expect(await userOf('GHCR.IO')).toBe('victim')
  })

  it.each([
    ['https://reg.test/v1/', 'reg.test'],
    ['http://reg.test:5000', 'reg.test:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io', 'registry-1.docker.io'],
  ])('the key %s is for %s', async (key, registry) => {
    await writeJson(path, { auths: { [key]: auth('u') } })
    expect(await userOf(registry)).toBe('u')
  })

  it('what docker writes wins over other spellings, a secret over an empty entry', async () => {
    await writeJson(path, { auths: { 'https://a.test': auth('old'), 'a.test': auth('new') } })
    expect(await userOf('a.test')).toBe('new')
    await writeJson(path, { auths: { 'https://index.docker.io/v1/': {}, 'docker.io': auth('hub') } })
    expect(await userOf('docker.io')).toBe('hub')
  })

  it('names its source; knows no namespaces; asks the file of old last', async () => {
    await writeJson(join(dir, '.dockercfg'), { 'https://old.test/v1/': auth('old') })
    await writeJson(path, { auths: { 'a.test/ns': auth('ns') } })
    expect(await store.get('a.test', 'ns/repo')).toBeUndefined()
    expect(await store.get('old.test')).toMatchObject({ source: `docker config (${join(dir, '.dockercfg')})` })
    await writeJson(path, { auths: { 'old.test': auth('new') } })
    expect(await store.get('old.test')).toMatchObject({
      source: `docker config (${path})`,
      credential: { username: 'new' },
    })
  })

  it('a damaged entry of another host does no harm', async () => {
    await writeJson(path, { auths: { 'bad.test': { auth: '%%%' }, 'odd.test': 7, 'a.test': auth('u') } })
    expect(await userOf('a.test')).toBe('u')
    expect(await userOf('odd.test')).toBeUndefined()
    await expect(store.get('bad.test')).rejects.toThrow(`bad.test in ${path}`)
  })
})

describe('helpers', () => {
  it('credHelpers[host], then credsStore, then auths', async () => {
    await keepingHelper(dir, 'own')
    await keepingHelper(dir, 'all')
    const item = (Username: string) => ({ Username, Secret: 's' })
    await writeJson(join(dir, 'own.json'), { 'a.test': item('own') })
    await writeJson(join(dir, 'all.json'), { 'a.test': item('all'), 'b.test': item('all') })
    const auths = { 'a.test': auth('file'), 'b.test': auth('file'), 'c.test': auth('file'), 'd.test': auth('file') }
    await writeJson(path, { credsStore: 'all', credHelpers: { 'a.test': 'own', 'd.test': '' }, auths })
    expect(await Promise.all(['a.test', 'b.test', 'c.test', 'd.test'].map(host => userOf(host)))).toEqual([
      'own',
      'all',
      'file',
      'file',
    ])
    expect((await callsOf(dir, 'all')).map(call => call.input).sort()).toEqual(['b.test', 'c.test'])
  })

  it.each(['a.test.evil.test', 'xa.test', 'test'])('T1: a helper for a.test is not executed for %s', async registry => {
    await keepingHelper(dir, 'own')
    await writeJson(path, { credHelpers: { 'a.test': 'own' } })
    expect(await store.get(registry)).toBeUndefined()
    expect(await callsOf(dir, 'own')).toEqual([])
  })

  it('a broken helper of this very host is an error that names it', async () => {
    await writeJson(path, { credHelpers: { 'a.test': 'gone' }, auths: { 'a.test': auth('u') } })
    await expect(store.get('a.test')).rejects.toThrow(/docker-credential-gone/)
    expect(await store.get('b.test')).toBeUndefined()
    expect(notices).toEqual([])
  })

  it('CVE-2021-41092: a missing credsStore makes a host without entry anonymous, with a notice, and no other host stands in', async () => {
    await writeJson(path, { credsStore: 'gone', auths: { 'private.test': auth('victim') } })
    expect(await store.get('docker.io')).toBeUndefined()
    expect(notices).toEqual([
      { code: 'HELPER_FAILED', message: expect.stringMatching(/docker-credential-gone.*docker\.io/) },
    ])
    expect(await userOf('private.test')).toBe('victim')
  })

  it("CVE-2021-41092: a missing credsStore is an error where docker's mark says that it has the credential", async () => {
    await writeJson(path, { credsStore: 'gone', auths: { 'https://index.docker.io/v1/': {} } })
    await expect(store.get('docker.io')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('T21: credsStore "../../evil" is an error or a notice, never a program', async () => {
    await shellHelper(dir, 'x', 'exit 0')
    await writeJson(path, { credsStore: '../../evil', auths: { 'a.test': {} } })
    await expect(store.get('a.test')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await store.get('b.test')).toBeUndefined()
    expect(notices).toHaveLength(1)
  })

  it('tells the helper of a host, and every helper', async () => {
    await writeJson(path, { credsStore: 'all', credHelpers: { 'a.test': 'own', 'b.test': 'all', 'c.test': '' } })
    expect((await store.helperFor('a.test'))?.name).toBe('helper:own')
    expect((await store.helperFor('x.test'))?.name).toBe('helper:all')
    expect((await store.helperFor())?.name).toBe('helper:all')
    expect(await store.helperFor('c.test')).toBeUndefined()
    expect((await store.helpers()).map(helper => helper.name)).toEqual(['helper:all', 'helper:own'])
  })
})

describe('writing', () => {
  const original = `{
	"auths": {
		"b.test": {
			"auth": "${base64('b:p')}"
		}
	},
	"HttpHeaders": {
		"X": "y"
	},
	"currentContext": "me",
	"plugins": {
		"z": {},
		"a": {}
	}
}
`
  it('T17: unknown keys and their order stay; the new entry is indented by tabs', async () => {
    await writeFile(path, original)
    await store.set('a.test', { kind: 'password', username: 'u', password: 'p:q' })
    const added = `\t\t},\n\t\t"a.test": {\n\t\t\t"auth": "${base64('u:p:q')}"\n\t\t}\n\t},`
    expect(await readFile(path, 'utf8')).toBe(original.replace('\t\t}\n\t},', added))
    expect(await store.delete('a.test')).toBe(true)
    expect(await readFile(path, 'utf8')).toBe(original)
  })

  it.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['__proto__', '__proto__'],
    ['A.test:5000', 'a.test:5000'],
  ])('%s is written as docker does, and found again', async (registry, key) => {
    await store.set(registry, { kind: 'identity', token: 't' })
    expect(await readFile(path, 'utf8')).toBe(
      `{\n\t"auths": {\n\t\t"${key}": {\n\t\t\t"identitytoken": "t"\n\t\t}\n\t}\n}\n`,
    )
    expect(await userOf(registry)).toBe('identity')
    expect(await store.registries()).toEqual([registry.toLowerCase()])
  })

  it('logout clears every alias, in the file of old too, and tells the truth', async () => {
    const rest = { 'xdocker.io': auth('x'), 'docker.io/ns': auth('n') }
    await writeJson(path, { auths: { 'https://index.docker.io/v1/': {}, 'docker.io': auth('u'), ...rest } })
    await writeJson(join(dir, '.dockercfg'), { 'index.docker.io': auth('u') })
    expect(await store.delete('registry-1.docker.io')).toBe(true)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ auths: rest })
    expect(await readFile(join(dir, '.dockercfg'), 'utf8')).toBe('{}')
    expect(await store.delete('docker.io')).toBe(false)
  })

  it('a null auths is replaced, any other stranger is refused', async () => {
    await writeFile(path, '{"auths":null}')
    await store.mark('a.test')
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ auths: { 'a.test': {} } })
    await writeFile(path, '{"auths":[]}')
    await expect(store.mark('a.test')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
