import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { runCli } from '../helpers/cli.ts'
import { makeImage, seed } from '../helpers/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-odd-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const layout = `oci:${join(folder, 'layout')}`
await seed(layoutStore(join(folder, 'layout')), makeImage(), 'v1')

it.each<[string, string[], number, string]>([
  ['a folder for a blob', ['blob', 'put', layout, folder], 1, `${folder} is a folder, and not a file`],
  ['a folder for a manifest', ['manifest', 'put', `${layout}:x`, folder], 1, `${folder} is a folder, and not a file`],
  ['a folder for a notice', ['webhook', 'parse', folder], 1, `${folder} is a folder, and not a file`],
  ['a blob of no name', ['blob', 'put', layout, ''], 3, 'there is no ""'],
  ['a manifest of no name', ['manifest', 'put', `${layout}:x`, ''], 3, 'there is no ""'],
  ['a file of no name', ['artifact', 'push', `${layout}:x`, ''], 2, 'the name of a file is empty'],
  ['no file of logins', ['inspect', `${layout}:v1`, '--authfile', join(folder, 'no')], 3, `there is no ${folder}/no`],
  ['a registry of no name', ['whoami', ''], 2, '"" is not a registry: it is empty'],
  ['a registry of no name', ['logout', ''], 2, '"" is not a registry: it is empty'],
  ['a registry of no name', ['login', '', '-u', 'ann', '-p', 'pw'], 2, '"" is not a registry: it is empty'],
  [
    'no password on stdin',
    ['login', 'x.io', '-u', 'ann', '--password-stdin'],
    2,
    'the password on standard input is empty',
  ],
  ['a registry of no name', ['repos', ''], 2, '"" is not a registry'],
  ['a registry of no name', ['search', 'x', '--registry', ''], 2, '"" is not a registry: it is empty'],
  // An unset variable of a script must not take the certificate of Docker Hub out of force.
  ['T6: a trusted host of no name', ['inspect', 'nginx', '--insecure', ''], 2, '"" is not a registry: it is empty'],
  ['T6: a plain host of no name', ['inspect', 'nginx', '--plain-http', ''], 2, '"" is not a registry: it is empty'],
])('%s: %j ends with %i', async (_what, args, exit, message) => {
  const { stdout, code } = await runCli([...args, '--json'])
  const { error } = JSON.parse(stdout)
  expect([code, error.exit, error.message]).toEqual([exit, exit, expect.stringContaining(message)])
})

it('a login may make the file that --authfile names', async () => {
  const file = join(folder, 'made.json')
  const args = ['login', 'localhost:9', '-u', 'ann', '-p', 'pw', '--no-verify', '--store', 'file', '--authfile', file]
  expect((await runCli(args)).code).toBe(0)
  expect(JSON.parse((await runCli(['whoami', 'localhost:9', '--authfile', file, '--json'])).stdout).username).toBe(
    'ann',
  )
})
