import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ConfigFlags, loadConfig } from '../../src/config/config.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'regctl-config-'))
})
const load = (env: Record<string, string> = {}, flags: ConfigFlags = {}) =>
  loadConfig({ env, home, platform: 'linux', uid: 1000, flags })
async function writeConfig(text: string) {
  await mkdir(join(home, '.config/regctl'), { recursive: true })
  await writeFile(join(home, '.config/regctl/config.json'), text)
}

describe('loadConfig', () => {
  it('needs no file', async () => {
    const config = await load()
    expect(config.host('reg.example')).toEqual({})
    expect(config.authFile).toBeUndefined()
  })

  it('takes a home that is no folder for one without a file, and misses a file that REGCTL_CONFIG names', async () => {
    const config = (env: Record<string, string>, where: string) =>
      loadConfig({ env, home: where, platform: 'linux', uid: 1000 })
    expect((await config({}, '/dev/null')).jobs).toBeUndefined()
    for (const path of [join(home, 'none.json'), '/dev/null/none.json']) {
      await expect(config({ REGCTL_CONFIG: path }, home)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`could not read ${path}`),
        hint: 'REGCTL_CONFIG names it',
      })
    }
  })

  it('merges file and flags, each host for itself (T20)', async () => {
    await writeConfig('{ "hosts": { "Reg.Example:5000": { "insecure": true, "requests": 4 } }, "jobs": 3 }')
    const config = await load({}, { plainHttp: ['other.example'], insecure: ['third.example'], jobs: 9 })
    expect(config.host('reg.example:5000')).toEqual({ insecure: true, requests: 4 })
    expect(config.host('other.example')).toEqual({ plainHttp: true })
    expect(config.host('reg.example')).toEqual({})
    expect(config.stranger('third.example')).toEqual({ insecure: true })
    expect(config.jobs).toBe(9)
  })

  it('T6: gives a certificate of the flags to registries the command names, not to where they point', async () => {
    const config = await load({}, { certFile: ['c.pem'], keyFile: ['k.pem'], caFile: ['ca.pem'] })
    expect(config.host('reg.example')).toEqual({ certFile: 'c.pem', keyFile: 'k.pem', caFile: 'ca.pem' })
    expect(config.stranger('reg.example')).toEqual({})
    await expect(load({}, { certFile: ['c.pem'] })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('T1: takes a login from the environment only together with the registry it is for', async () => {
    const env = { REGCTL_REGISTRY: 'reg.example', REGCTL_USERNAME: 'ada', REGCTL_PASSWORD: 'pw' }
    expect((await load(env)).givenLogin).toEqual({ registry: 'reg.example', username: 'ada', password: 'pw' })
    await expect(load({ REGCTL_PASSWORD: 'pw' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it.each([
    ['{ "hosts": {\n  "a": { "insecur": true } } }', ':2:10: unknown key "insecur"'],
    ['{ "jobs": 0 }', ':1:11: jobs must be a whole number above 0'],
    ['{ "job": 1 }', ':1:3: unknown key "job"'],
    ['{ "hosts": [] }', ':1:12: hosts must be an object'],
    ['{ "hosts": { "a": { "realms": ["x", 1] } } }', ':1:31: realms must be a list of texts'],
    ['{ "limitRate": "fast" }', ':1:16: limitRate must be bytes a second, such as 500000 or "2M"'],
    ['{ "limitRate": 0 }', ':1:16: limitRate must be bytes a second'],
    ['{ "limitRate": ["1M"] }', ':1:16: limitRate must be bytes a second'],
    ['{ "requestsPerSecond": -1 }', ':1:24: requestsPerSecond must be a number above 0'],
    ['{ "connectTimeout": true }', ':1:21: connectTimeout must be seconds above 0'],
    ['{ "stallTimeout": 0 }', ':1:19: stallTimeout must be seconds above 0'],
    ['{ "stalltimeout": 1 }', ':1:3: unknown key "stalltimeout"'],
    ['{ "jobs": 1,, }', ':1:13: PropertyNameExpected'],
    ['{ "hosts": { "a": { "__proto__": true } } }', ':1:21: unknown key "__proto__"'],
  ])('tells where %s is wrong', async (text, problem) => {
    await writeConfig(text)
    await expect(load()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) })
  })

  it('takes amounts from the file, and from the flags before it', async () => {
    await writeConfig('{ "limitRate": "2MiB", "requestsPerSecond": 0.5, "connectTimeout": 5, "stallTimeout": "20" }')
    expect(await load()).toMatchObject({
      limitRate: 2_097_152,
      requestsPerSecond: 0.5,
      connectTimeout: 5,
      stallTimeout: 20,
    })
    const flags = { limitRate: 1, requestsPerSecond: 2, connectTimeout: 3, stallTimeout: 4 }
    expect(await load({}, flags)).toMatchObject(flags)
    await writeConfig('{ "limitRate": 500000 }')
    expect(await load()).toMatchObject({ limitRate: 500_000, stallTimeout: undefined })
  })

  it('allows comments', async () => {
    await writeConfig('{ // mine\n "jobs": 2, }')
    expect((await load()).jobs).toBe(2)
  })
})
