import { existsSync, readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeImage } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoCopy, skopeoInspect } from '../helpers/skopeo.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'

realOrSkip('docker-registry', 'skopeo')('a registry with a password', () => {
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    registry = await startDistribution({ htpasswd: { ann: 'right' } })
    machine = makeMachine()
    writeLayout(`${machine.home}/app`, { one: makeImage({ seed: 'login' }) })
  })
  afterAll(async () => {
    await registry.stop()
    machine.remove()
  })

  const login = (password: string) =>
    machine.regctl(['login', registry.host, '-u', 'ann', '--password-stdin', '--store', 'file', '--json'], {
      input: `${password}\n`,
    })
  const stored = () =>
    existsSync(machine.authfile) ? (JSON.parse(readFileSync(machine.authfile, 'utf8')).auths ?? {}) : {}

  it('asks for a login before it lists', async () => {
    const { code, stdout, stderr } = await machine.regctl(['repos', registry.host])
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toContain('regctl login')
  })

  it('refuses a wrong password with 4 and stores nothing', async () => {
    const { code, stdout } = await login('wrong')
    expect(code).toBe(4)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'UNAUTHORIZED', exit: 4 })
    expect(stored()).toEqual({})
  })

  it('stores the right one so that we, skopeo and whoami use it', async () => {
    const { code, stdout } = await login('right')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ registry: registry.host, username: 'ann', store: expect.any(String) })
    expect(statSync(machine.authfile).mode & 0o777).toBe(0o600)
    const auth = Buffer.from('ann:right').toString('base64')
    expect(stored()).toEqual({ [registry.host]: { auth } })

    expect(await machine.json(['whoami', registry.host])).toEqual({
      registry: registry.host,
      username: 'ann',
      source: expect.stringContaining(machine.authfile),
    })
    await machine.json(['copy', 'oci:app:one', `${registry.host}/demo/app:one`])
    const options = { authfile: machine.authfile }
    expect(await skopeoInspect(`${registry.host}/demo/app:one`, options)).toMatchObject({ RepoTags: ['one'] })
    await skopeoCopy(`${registry.host}/demo/app:one`, `${registry.host}/demo/app:two`, options)
    expect(await machine.json(['tags', `${registry.host}/demo/app`])).toMatchObject({
      tags: [{ name: 'one' }, { name: 'two' }],
    })
  })

  it('forgets at logout, and says so truthfully the second time', async () => {
    const first = await machine.json(['logout', registry.host])
    expect(first).toEqual({ registry: registry.host, removed: [expect.any(String)] })
    expect(stored()).toEqual({})
    expect(await machine.json(['logout', registry.host])).toEqual({ registry: registry.host, removed: [] })
    expect((await machine.regctl(['repos', registry.host])).code).toBe(4)
  })
})
