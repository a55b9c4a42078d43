import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'regctl-serve-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

it.each([
  [['--dir', '/dev/null/x'], 1, 'could not use /dev/null/x as a folder (ENOTDIR)'],
  [['--dir', '/dev/null'], 1, 'could not use /dev/null as a folder (EEXIST)'],
  [['--dir', '/dev/null/x', '--read-only'], 1, 'could not use /dev/null/x as a folder (ENOTDIR)'],
  [['--dir', '/nowhere/at/all', '--read-only'], 3, 'could not use /nowhere/at/all as a folder (ENOENT)'],
])('serve %j does not start', async (flags, exit, message) => {
  const { code, stdout, stderr } = await runCli(['serve', '--port', '0', ...flags])
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
  expect(stderr).toContain(message)
})

it('tells each failure of the server, the same one too', async () => {
  await mkdir(join(home, 'demo+app'))
  await writeFile(join(home, 'demo+app/oci-layout'), '{"imageLayoutVersion":"9"}')
  await runCli(['--version'])
  const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js')
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--dir', home], {
    env: { PATH: process.env.PATH, HOME: home },
    timeout: 60_000,
  })
  const closed = once(child, 'close')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  const [listening] = await once(child.stdout.setEncoding('utf8'), 'data')
  const url = String(listening).trim().replace('listening on ', '')
  for (const status of [500, 500]) expect((await fetch(`${url}/v2/demo/app/tags/list`)).status).toBe(status)
  child.kill('SIGTERM')
  await closed
  expect(said.match(/is an image layout of version 9/g)).toHaveLength(2)
})
