import { readFile, symlink } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { helperStore } from '../../src/credentials/helper.ts'
import { runHelper } from '../../src/credentials/helper-run.ts'
import { keychainStore } from '../../src/credentials/keychain.ts'
import { isKeychainUsable } from '../../src/credentials/keychain-probe.ts'
import { type CredentialSetup, createCredentials } from '../../src/credentials/setup.ts'
import { temporary, writeJson } from './fake-helpers.ts'

const wanted = process.env.TEST_KEYCHAIN === '1'
const reason = wanted ? '' : ' (skipped: writes to the real keychain, so only with TEST_KEYCHAIN=1, as .ci/run sets it)'

const hub = 'https://index.docker.io/v1/'
const account = { kind: 'password', username: 'robot$ü+1', password: 'ca:nary\n"é"' } as const
/** As long as a service account's key: over the limit of some keychains' labels. */
const token = { kind: 'identity', token: 'canary'.repeat(400) } as const

describe.skipIf(!wanted)(`the real keychain${reason}`, () => {
  it('can be used', async () => {
    expect(await isKeychainUsable()).toBeUndefined()
  })

  it.each([account, token])('keeps a $kind until it is told to forget', async credential => {
    const store = keychainStore()
    await store.set('real.regctl.test:5000', credential)
    expect(await keychainStore().get('https://REAL.regctl.test:5000/v2/')).toEqual({ credential, source: 'keychain' })
    expect(await store.get('real.regctl.test')).toBeUndefined()
    expect(await store.registries()).toContain('real.regctl.test:5000')
    expect(await store.delete('real.regctl.test:5000')).toBe(true)
    expect(await store.delete('real.regctl.test:5000')).toBe(false)
    expect(await store.get('real.regctl.test:5000')).toBeUndefined()
  })

  it('is what login chooses by itself, and no file holds the secret', async () => {
    const dir = await temporary()
    const setup: CredentialSetup = { dockerConfig: join(dir, 'd/config.json'), podmanFiles: [], helperPath: dir }
    const store = await createCredentials(setup, () => undefined).storeFor('auto', 'login.regctl.test')
    expect(store.name).toBe('keychain')
    await store.set('login.regctl.test', account)
    expect(await readFile(join(dir, 'd/regctl-keychain.json'), 'utf8')).not.toContain('nary')
    const credentials = createCredentials(setup, () => undefined)
    expect(await credentials.get('login.regctl.test')).toEqual({ credential: account, source: 'keychain' })
    expect(await credentials.forget('login.regctl.test')).toEqual(['keychain'])
    expect(await credentials.get('login.regctl.test')).toBeUndefined()
  })

  describe('docker-credential-regctl', () => {
    let path: string
    const root = resolve(import.meta.dirname, '../..')
    const env = { ...process.env }

    // As npm installs it: a link on the PATH to bin/, which loads what was built into dist/.
    beforeAll(async () => {
      const dir = await temporary()
      await symlink(join(root, 'bin/docker-credential-regctl.js'), join(dir, 'docker-credential-regctl'))
      path = [dir, process.env.PATH].join(delimiter)
    })

    it.each([account, token])('serves docker a $kind, end to end', async credential => {
      const store = helperStore('regctl', { path, env })
      await store.set('docker.io', credential)
      expect(await store.get('docker.io')).toEqual({ credential, source: 'helper regctl' })
      expect((await keychainStore().get('docker.io'))?.credential).toEqual(credential)
      expect(await store.registries()).toContain('docker.io')
      expect(await store.delete('docker.io')).toBe(true)
      expect(await store.get('docker.io')).toBeUndefined()
    })

    it("answers in docker's words", async () => {
      const program = join(path.split(delimiter)[0] ?? '', 'docker-credential-regctl')
      const run = (action: string, input: string) => runHelper(program, action, input, { path, env })
      const notFound = { exitCode: 1, stdout: 'credentials not found in native keychain\n', stderr: '' }
      expect(await run('get', hub)).toMatchObject(notFound)
      expect(await run('erase', hub)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
      const { version }: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
      expect(await run('version', '')).toMatchObject({ stdout: `docker-credential-regctl (regctl-js) ${version}\n` })
      expect(await run('store', 'x'.repeat(1024 * 1024 + 1))).toMatchObject({
        exitCode: 1,
        stdout: 'the input is larger than 1 MiB\n',
      })
      expect(await run('nonsense', '')).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^usage: /) })
    })

    it('as credsStore it is what regctl itself uses too', async () => {
      const dir = await temporary()
      await writeJson(join(dir, 'config.json'), { credsStore: 'regctl' })
      const setup = { dockerConfig: join(dir, 'config.json'), podmanFiles: [], helperPath: path, helperEnv: env }
      const credentials = createCredentials(setup, () => undefined)
      const store = await credentials.storeFor('auto', 'creds.regctl.test')
      await store.set('creds.regctl.test', account)
      expect(await credentials.get('creds.regctl.test')).toEqual({ credential: account, source: 'helper regctl' })
      expect(await credentials.forget('creds.regctl.test')).toEqual(['helper:regctl', 'file'])
    })
  })
})
