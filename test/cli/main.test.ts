import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { runCli } from '../helpers/cli.ts'
import { makeImage, seed } from '../helpers/images.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js')
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'regctl-output-'))
  const store = layoutStore(join(home, 'layout'))
  const image = makeImage()
  await seed(store, image, 'v0')
  for (let at = 1; at < 20; at += 1) await seed(store, image, `v${at}`)
  await runCli(['--version'])
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** Through a shell, as the redirection of a person is. */
async function sh(command: string): Promise<{ code: number; stderr: string }> {
  const child = spawn('bash', ['-c', command], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, RUN: `${process.execPath} ${program}` },
    timeout: 60_000,
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

describe.runIf(existsSync('/dev/full'))('output that is lost', () => {
  it.each(['inspect --raw oci:layout:v0', 'inspect oci:layout:v0 --json', 'tags oci:layout', '--help'])(
    'is a failure, told in a sentence: %s >/dev/full',
    async line => {
      expect(await sh(`$RUN ${line} >/dev/full`)).toEqual({
        code: 1,
        stderr: 'error: could not write the output (ENOSPC)\n',
      })
    },
  )

  it('keeps the exit code of what failed before', async () => {
    expect(await sh('$RUN inspect oci:layout:none --json >/dev/full')).toMatchObject({ code: 3 })
  })
})

it('a reader that goes away is no failure', async () => {
  expect(await sh('set -o pipefail; $RUN tags oci:layout | true')).toEqual({ code: 0, stderr: '' })
})
