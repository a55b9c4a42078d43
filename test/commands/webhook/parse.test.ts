import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../helpers/cli.ts'
import { payloads } from '../../webhook/payloads.ts'

const all = Object.values(payloads)
  .map(text => text.replaceAll('\n', ''))
  .join('\n')

describe('webhook parse', () => {
  it.each([[[]], [['-']], [['--json']]])('%j prints a line for each event of stdin', async args => {
    const { stdout, stderr, code } = await runCli(['webhook', 'parse', ...args], { input: all })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).event)).toEqual([
      'push',
      'pull',
      'delete',
      'push',
      'pull',
      'pull',
      'push',
    ])
    expect(lines[3]).toBe(
      `{"event":"push","registry":"hub.harbor.com","repository":"test-webhook/debian","tag":"latest","digest":"sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8","actor":"admin","time":"2020-04-15T03:45:08Z","product":"harbor","id":"${JSON.parse(lines[3] ?? '').id}"}`,
    )
  })

  it('takes a file and chooses', async () => {
    const file = join(tmpdir(), `regctl-notices-${process.pid}.jsonl`)
    await writeFile(file, all)
    const args = ['webhook', 'parse', file, '--events', 'push,delete', '--repository', '*/test*', '--repository', 'x/y']
    const { stdout } = await runCli(args)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).repository),
    ).toEqual(['svendowideit/testhook', 'library/test'])
  })

  it('tells of layers that it left out', async () => {
    const input = '{"events":[{"action":"mount","target":{"repository":"app"}}]}'
    const quiet = await runCli(['webhook', 'parse'], { input })
    expect(quiet).toMatchObject({ code: 0, stdout: '' })
    expect(quiet.stderr).toContain('1 event about a layer is left out; --blobs shows it')
    const { stdout } = await runCli(['webhook', 'parse', '--blobs'], { input })
    expect(JSON.parse(stdout)).toMatchObject({ event: 'mount', repository: 'app' })
  })

  it('T14: escapes what could move a cursor', async () => {
    const input = payloads.nexus.replace('concrete', 'a\u202eb').replace('admin/', '\\u001b[2J/')
    const { stdout } = await runCli(['webhook', 'parse'], { input })
    expect(stdout).toContain('npm-proxy/a\ufffdb')
    expect(stdout).toContain('"actor":"\ufffd[2J"')
  })

  it.each([
    [['--events', 'pul'], payloads.hub, 2, '"pul" is no event', 'did you mean pull? there are push, pull'],
    [['--repository', '{a'], payloads.hub, 2, '"{a" is not a pattern for repositories', 'use *'],
    [['/nowhere/at.all'], '', 3, 'there is no /nowhere/at.all', ''],
    [[], '', 7, 'stdin is not JSON', ''],
    [[], '{}', 7, 'the notice is none of Docker Hub', ''],
    [['a', 'b'], '', 2, 'webhook parse does not take b', ''],
  ])('%j is refused', async (args, input, exit, message, hint) => {
    const { stdout, stderr, code } = await runCli(['webhook', 'parse', ...args], { input })
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })
})
