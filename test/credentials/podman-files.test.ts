import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { createCredentials } from '../../src/credentials/setup.ts'
import { base64, keepingHelper, temporary, writeJson } from './fake-helpers.ts'

const podmanSource = (podmanFiles: readonly string[], { helperPath = '' } = {}) =>
  createCredentials(
    { podmanFiles, helperPath, dockerConfig: join(dir, 'none', 'config.json'), useKeychain: false },
    () => {},
  )

let dir: string
let files: string[]
beforeEach(async () => {
  dir = await temporary()
  files = [join(dir, 'run.json'), join(dir, 'home.json')]
  const auths = (...keys: string[]) => ({
    auths: Object.fromEntries(keys.map(key => [key, { auth: base64(`${key}:p`) }])),
  })
  await writeJson(join(dir, 'run.json'), auths('a.test/ns/repo', 'a.test/ns', 'a.test', 'docker.io/library'))
  await writeJson(join(dir, 'home.json'), auths('a.test', 'b.test', 'b.test/ns', 'docker.io'))
})

it.each([
  ['a.test', 'ns/repo', 'a.test/ns/repo'],
  ['a.test', 'ns/other', 'a.test/ns'],
  ['a.test', 'ns/repo/deeper', 'a.test/ns/repo'],
  ['a.test', 'ns2/repo', 'a.test'],
  ['a.test', 'nsx', 'a.test'],
  ['a.test', undefined, 'a.test'],
  ['b.test', 'ns', 'b.test/ns'],
  ['docker.io', 'library/nginx', 'docker.io/library'],
  ['docker.io', 'other/nginx', 'docker.io'],
  ['c.test', 'a.test', undefined],
  ['a.test.evil.test', 'ns/repo', undefined],
  ['test', 'a.test/ns', undefined],
])('T1: %s, repository %s: %s', async (registry, repository, user) => {
  const found = await podmanSource(files).get(registry, repository)
  expect(found?.credential).toEqual(user && { kind: 'password', username: user, password: 'p' })
})

it('credHelpers go by host', async () => {
  await keepingHelper(dir, 'own')
  await writeJson(join(dir, 'own.json'), { 'h.test': { Username: '<token>', Secret: 't' } })
  await writeJson(join(dir, 'run.json'), { credHelpers: { 'h.test': 'own' } })
  const source = podmanSource(files, { helperPath: dir })
  expect(await source.get('h.test', 'ns/repo')).toEqual({
    credential: { kind: 'identity', token: 't' },
    source: 'helper own',
  })
})

it('names the file it found; a later corrupt file matters only when it is asked', async () => {
  await writeFile(join(dir, 'home.json'), '{')
  const found = await podmanSource(files).get('a.test')
  expect(found?.source).toBe(`podman (${join(dir, 'run.json')})`)
  await expect(podmanSource(files).get('b.test')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
