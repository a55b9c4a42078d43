import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'

/** A helper that knows one login and cannot forget it. */
const stuck = `#!/bin/sh
case "$1" in
  list) echo '{"a.example":"ada"}' ;;
  get) cat >/dev/null; echo '{"ServerURL":"a.example","Username":"ada","Secret":"pw"}' ;;
  *) cat >/dev/null; echo 'the vault is locked'; exit 1 ;;
esac
`
let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'regctl-logout-'))
  await mkdir(join(home, 'docker'))
  await writeFile(join(home, 'docker-credential-stuck'), stuck)
  await chmod(join(home, 'docker-credential-stuck'), 0o755)
  const auths = { 'b.example': { auth: 'YTpi' }, 'c.example': { auth: 'YTpi' } }
  const config = { auths, credHelpers: { 'a.example': 'stuck' } }
  await writeFile(join(home, 'docker/config.json'), JSON.stringify(config))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const logout = (...flags: string[]) =>
  runCli(['logout', '--all', ...flags], {
    env: { DOCKER_CONFIG: join(home, 'docker'), PATH: `${home}:${process.env.PATH}` },
  })

it('logout --all forgets the others where one cannot be forgotten, and ends with 8', async () => {
  const { code, stdout, stderr } = await logout()
  expect(code).toBe(8)
  expect(stdout).toContain('logged out of b.example')
  expect(stdout).toContain('logged out of c.example')
  expect(stdout).not.toContain('a.example')
  expect(stderr).toContain('error: could not log out of a.example\n')
  expect(JSON.parse(await readFile(join(home, 'docker/config.json'), 'utf8')).auths).toEqual({})
})

it('logout --all --json is one document that says which failed', async () => {
  const { code, stdout } = await logout('--json')
  expect(code).toBe(8)
  const { registries } = JSON.parse(stdout)
  expect(registries).toContainEqual({
    registry: 'a.example',
    removed: [],
    error: { code: 'FAILED', message: expect.stringContaining('docker-credential-stuck') },
  })
  expect(registries).toContainEqual({ registry: 'b.example', removed: ['file'] })
})
