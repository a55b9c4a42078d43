import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, expect, it } from 'vitest'
import { dockerConfigStore } from '../../src/credentials/docker-config.ts'
import { temporary } from './fake-helpers.ts'

let dir: string
let path: string
beforeEach(async () => {
  dir = await temporary()
  path = join(dir, 'config.json')
})

const script = join(import.meta.dirname, 'login-child.ts')
const login = (mode: 'once' | 'forever', ...registries: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', script, path, mode, ...registries], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

it('T17: twenty processes that log in at once keep all entries, and what stood there', {
  timeout: 120_000,
}, async () => {
  await writeFile(path, '{"currentContext":"me","plugins":{"z":{},"a":{}}}')
  const registries = Array.from({ length: 20 }, (_, index) => `reg${index}.test`)
  const ends = await Promise.all(registries.map(registry => once(login('once', registry), 'close')))
  expect(ends.map(([code]) => code)).toEqual(registries.map(() => 0))
  expect((await dockerConfigStore({ path }).registries()).sort()).toEqual(registries.sort())
  expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toEqual(['currentContext', 'plugins', 'auths'])
  expect(await readdir(dir)).toEqual(['config.json'])
})

it('T17: a login killed at any moment leaves the file whole: as it was or as it should be', {
  timeout: 120_000,
}, async () => {
  await once(login('once', 'a.test'), 'close')
  for (let kill = 0; kill < 15; kill++) {
    const child = login('forever', 'a.test', 'b.test', `kill${kill}.test`)
    if (child.stdout) await once(child.stdout, 'data')
    await delay(10 + Math.random() * 60)
    child.kill('SIGKILL')
    await once(child, 'close')
    const { auths }: { auths: Record<string, { auth: string }> } = JSON.parse(await readFile(path, 'utf8'))
    expect(Object.keys(auths)).toContain('a.test')
    for (const [registry, { auth }] of Object.entries(auths))
      expect(Buffer.from(auth, 'base64').toString()).toBe(`${registry}:${'p'.repeat(2000)}`)
    for (const name of await readdir(dir)) {
      // What a killed process leaves beside it is for nobody else to read either.
      const { mode } = await stat(join(dir, name))
      if (!name.endsWith('.lock')) expect(mode & 0o077).toBe(0)
    }
    // Its lock would be noticed as stale after ten seconds; fifteen times that is too long for a test.
    await rm(`${path}.lock`, { recursive: true, force: true })
  }
})
