import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeIndex } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'

realOrSkip('docker-registry')('through a pipe', () => {
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    registry = await startDistribution({ htpasswd: { ann: 'right' } })
    machine = makeMachine()
    writeLayout(join(machine.home, 'app'), { one: makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'] }) })
    await machine.json(['login', registry.host, '-u', 'ann', '--password-stdin', '--store', 'file'], { input: 'right' })
    await machine.json(['copy', 'oci:app:one', `${registry.host}/demo/app:one`])
  })
  afterAll(async () => {
    await registry.stop()
    machine.remove()
  })

  it.each([
    ['--help', 0],
    ['copy --help', 0],
    ['--version', 0],
    ['login HOST -u ann --password-stdin --store file', 0],
    ['whoami HOST', 0],
    ['repos HOST', 0],
    ['tags HOST/demo/app', 0],
    ['tags HOST/demo/app --long', 0],
    ['tags HOST/demo/app -v', 0],
    ['inspect HOST/demo/app:one', 0],
    ['inspect HOST/demo/app:one --platform linux/arm64', 0],
    ['inspect oci:app:one', 0],
    ['digest HOST/demo/app:one', 0],
    ['copy HOST/demo/app:one HOST/new/app:one --dry-run', 0],
    ['copy HOST/demo/app:one HOST/new/app:one', 0],
    ['copy HOST/demo/app:one HOST/new/plain:one --progress plain', 0],
    ['copy HOST/demo/app:one HOST/new/json:one --progress json', 0],
    ['copy HOST/demo/app:one oci:copy:one', 0],
    ['inspect HOST/demo/app:oen', 3],
    ['tags HOST/no/such', 3],
    ['copy --no-such-flag', 2],
    ['no-such-command', 2],
  ])('regctl %s: not one escape sequence', async (line, exit) => {
    const args = line.replaceAll('HOST', registry.host).split(' ')
    const { code, stdout, stderr } = await machine.regctl(args, { input: 'right', env: { TERM: 'xterm-256color' } })
    expect({ code, stdout, stderr }).toEqual({ code: exit, stdout: clean, stderr: clean })
  })

  it('npm start: the whole show', async () => {
    const child = spawn(process.execPath, ['scripts/demo.js'], {
      env: { PATH: process.env.PATH, HOME: machine.home, TERM: 'xterm-256color' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const [code] = await once(child, 'close')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: clean, stderr: clean })
    expect(stdout).toMatch(/regctl logout/)
  }, 60_000)
})

/** No control character but the line's end and the tab. */
const clean = expect.stringMatching(/^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$/)
