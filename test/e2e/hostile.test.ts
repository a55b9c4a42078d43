import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeImage } from '../helpers/images.ts'
import { evil, hostile } from './hostile-registry.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { type Server, startOdd } from './serving.ts'

// Controls but the line's end and the tab, bidi controls, and the separators some terminals break lines at.
const forbidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/
const workflowCommand = /^::/m

describe('T14: hostile text from a registry', () => {
  let server: Server
  let machine: Machine
  beforeAll(async () => {
    server = await startOdd(hostile)
    machine = makeMachine()
    writeLayout(join(machine.home, 'app'), { one: makeImage() })
  })
  afterAll(async () => {
    await server.stop()
    machine.remove()
  })

  const lines = [
    'repos HOST',
    'tags HOST/demo/app',
    'tags HOST/demo/app --long',
    'tags HOST/demo/app --latest',
    'inspect HOST/demo/app:one',
    'inspect HOST/demo/app:artifact',
    'inspect HOST/demo/app:index',
    'inspect HOST/demo/app:index --platform linux/amd64',
    'inspect HOST/demo/app:index --platform linux/nope',
    'inspect HOST/demo/app:one --config',
    'inspect HOST/demo/app:missing',
    'digest HOST/demo/app:one',
    'digest HOST/denied/app:one',
    'tags HOST/denied/app',
    'tags HOST/locked/app',
    'tags HOST/token/app',
    'tags HOST/moved/app',
    'tags HOST/page/app',
    'copy HOST/demo/app:one oci:copy:one',
    'copy HOST/demo/app:index HOST/other/app:one --dry-run',
    'copy oci:app:one HOST/demo/app:two --progress plain',
    'copy oci:app:one HOST/denied/app:two --progress json',
    'login HOST -u ann --password-stdin --store file',
    'logout HOST',
  ]
  const run = (line: string) =>
    machine.regctl(line.replaceAll('HOST', server.host).split(' '), { input: 'secret', env: { TERM: 'xterm' } })

  it.each(lines.flatMap(line => [line, `${line} -v`, `${line} --json`]))('regctl %s', async line => {
    const { code, stdout, stderr } = await run(line)
    expect(stdout + stderr).not.toMatch(forbidden)
    expect(stdout + stderr).not.toMatch(workflowCommand)
    // A program that fell over would pass.
    expect(code).not.toBe(1)
  })

  it.each([
    'repos HOST',
    'tags HOST/demo/app',
    'inspect HOST/demo/app:one',
    'inspect HOST/demo/app:index',
    'inspect HOST/denied/app:one',
    'tags HOST/denied/app',
    'tags HOST/denied/app --json',
  ])('regctl %s still tells what was there', async line => {
    const { stdout, stderr } = await run(line)
    expect(stdout + stderr).toContain('MARK')
  })

  it('keeps the exact text in JSON, as escapes', async () => {
    const said = await machine.json(['inspect', `${server.host}/demo/app:one`])
    expect(said.annotations).toEqual({ [evil]: evil })
  })
})
