import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../helpers/cli.ts'
import { closing } from '../../helpers/http-send.ts'
import { startListening } from '../../helpers/listening.ts'
import { payloads } from '../../webhook/payloads.ts'

let home: string
/** A busy machine takes its time. */
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'regctl-listen-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const listen = async (args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}) =>
  closing(await startListening(args, { home, ...options }))
const post = async (url: string, body: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { method: 'POST', body, headers })).status

async function script(text: string): Promise<string> {
  const file = join(home, 'hook.sh')
  await writeFile(file, `#!/bin/sh\n${text}\n`)
  await chmod(file, 0o755)
  return './hook.sh'
}

describe('webhook listen', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('prints a line for each event, and at %s a summary', async (signal, exit) => {
    const listening = await listen(['--events', 'push', '--repository', '**'])
    for (const body of [payloads.hub, payloads.hub, payloads.harborPull, '{']) await post(listening.url, body)
    expect(await listening.stop(signal)).toBe(exit)
    const { stdout, stderr } = listening.said
    expect(JSON.parse(stdout)).toMatchObject({ event: 'push', repository: 'svendowideit/testhook', tag: 'latest' })
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(stderr).toContain('warning: refused a request: the notice is not JSON; others like it are only counted\n')
    expect(stderr).toContain(
      '3 events in 4 requests: 1 passed on, 1 duplicate, 1 not asked for; refused 1 request (1 malformed)\n',
    )
  })

  it('--json is the same, --quiet says nothing else', async () => {
    const json = await listen(['--json'])
    await post(json.url, payloads.nexus)
    await json.stop()
    expect(JSON.parse(json.said.stdout)).toMatchObject({ product: 'nexus', actor: 'admin' })
    expect(json.said.stderr).not.toContain('warning')
  })

  it.each<[string, string[], { env?: Record<string, string>; input?: string }, string | undefined]>([
    ['a file', ['--secret-file', 'secret'], {}, undefined],
    ['stdin', ['--secret-file', '-'], { input: 'canary\n' }, undefined],
    ['the environment', [], { env: { REGCTL_WEBHOOK_SECRET: 'canary' } }, undefined],
    [
      'T16: an argument',
      ['--secret', 'canary'],
      {},
      'a secret in the arguments can be seen by others; use --secret-file',
    ],
  ])('the secret of %s', async (_what, args, options, warning) => {
    await writeFile(join(home, 'secret'), 'canary\n')
    const listening = await listen(['--path', '/hook/', ...args], options)
    expect(listening.url).toMatch(/:\d+\/hook$/)
    expect(await post(listening.url, payloads.hub)).toBe(401)
    expect(await post(`${listening.url}/canary`, payloads.hub)).toBe(202)
    expect(await post(listening.url, payloads.harborPull, { authorization: 'canary' })).toBe(202)
    await listening.stop()
    expect(listening.said.stdout.match(/\n/g)).toHaveLength(2)
    expect(listening.said.stderr).toContain('refused 1 request (1 wrong secret)')
    if (warning) expect(listening.said.stderr).toContain(warning)
    else expect(listening.said.stdout + listening.said.stderr).not.toMatch(/canary|arguments/)
  })

  it('runs a program for each event, in order for a repository, and finishes what was accepted', async () => {
    const hook = await script(
      'sleep 0.3; echo "$1 $2 $REGCTL_EVENT_TAG [$REGCTL_WEBHOOK_SECRET] $(wc -l)" | tee -a done',
    )
    const listening = await listen(['--exec', hook, '--', '--env', 'a b'], { env: { REGCTL_WEBHOOK_SECRET: 'x' } })
    for (const tag of ['v1', 'v2', 'v3']) {
      expect(await post(`${listening.url}x`, payloads.hub.replace('latest', tag))).toBe(202)
    }
    expect(await listening.stop('SIGINT')).toBe(130)
    const expected = ['v1', 'v2', 'v3'].map(tag => `--env a b ${tag} [] 1\n`).join('')
    expect(await readFile(join(home, 'done'), 'utf8')).toBe(expected)
    // What a program prints is no data.
    expect(listening.said.stdout.match(/^\{.*\}$/gm)).toHaveLength(3)
    expect(listening.said.stdout).not.toContain('--env')
    expect(listening.said.stderr).toContain('--env a b v2')
  })

  it.each([
    ['none', [], '[] [] []\n'],
    ['with --pass-login those of the environment', ['--pass-login'], '[canary] [{}] []\n'],
  ])('T16: a program sees of our logins: %s', async (_what, args, seen) => {
    const hook = await script(
      'echo "[$REGCTL_USERNAME$REGCTL_PASSWORD] [$DOCKER_AUTH_CONFIG] [$REGCTL_WEBHOOK_SECRET]" > seen',
    )
    const login = { REGCTL_REGISTRY: 'registry.example', REGCTL_USERNAME: 'can', REGCTL_PASSWORD: 'ary' }
    const env = { ...login, DOCKER_AUTH_CONFIG: '{}', REGCTL_WEBHOOK_SECRET: 'x' }
    const listening = await listen(['--exec', hook, ...args], { env })
    expect(await post(`${listening.url}x`, payloads.hub)).toBe(202)
    await listening.stop()
    expect(await readFile(join(home, 'seen'), 'utf8')).toBe(seen)
  })

  it('tells of each program that failed', async () => {
    const hook = await script('exit 3')
    const listening = await listen(['--exec', hook])
    for (const tag of ['v1', 'v2']) await post(listening.url, payloads.hub.replace('latest', tag))
    await listening.stop()
    for (const tag of ['v1', 'v2']) {
      expect(listening.said.stderr).toContain(
        `warning: the command ended with 3 for the push of svendowideit/testhook:${tag} (`,
      )
    }
    expect(listening.said.stderr).toContain('; 2 commands failed\n')
  })

  it('T24: takes no command from a notice', async () => {
    const hook = await script('echo "$REGCTL_EVENT_ACTOR" > actor')
    const listening = await listen(['--exec', hook])
    await post(listening.url, payloads.hub.replace('trustedbuilder', '$(touch pwned)'))
    expect(await post(listening.url, payloads.hub.replace('"latest"', '"$(touch pwned)"'))).toBe(400)
    await listening.stop()
    expect(readFileSync(join(home, 'actor'), 'utf8')).toBe('$(touch pwned)\n')
    expect(() => readFileSync(join(home, 'pwned'))).toThrow('ENOENT')
  })

  it('a second Ctrl-C ends it and what it started', async () => {
    const hook = await script('echo $$ > pid; exec sleep 50')
    const listening = await listen(['--exec', hook])
    await post(listening.url, payloads.hub)
    await expect.poll(() => readFile(join(home, 'pid'), 'utf8').catch(() => '')).toMatch(/\n/)
    const pid = Number(await readFile(join(home, 'pid'), 'utf8'))
    listening.child.kill('SIGINT')
    await expect
      .poll(() =>
        fetch(listening.url).then(
          () => 'listens',
          () => 'closed',
        ),
      )
      .toBe('closed')
    expect(await listening.stop('SIGINT')).toBe(130)
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it('T24: warns where everybody may send', async () => {
    const open = await listen(['--host', '0.0.0.0'])
    await open.stop()
    expect(open.said.stderr).toContain('warning: anybody who reaches 0.0.0.0 can send notices; give --secret-file')
    const closed = await listen(['--host', '0.0.0.0'], { env: { REGCTL_WEBHOOK_SECRET: 'x' } })
    await closed.stop()
    expect(closed.said.stderr).not.toContain('warning')
  })

  it.each([
    [['--events', 'pushed'], 2, '"pushed" is no event', 'did you mean push?'],
    [['--repository', '[a'], 2, '"[a" is not a pattern for repositories', 'use *'],
    [['--path', 'hook'], 2, '"hook" is no path to listen on', 'such as /hook'],
    [['--path', '/a//b'], 2, '"/a//b" is no path to listen on', 'such as /hook'],
    [['--exec', './hook.sh --env prod'], 2, 'there is no program "./hook.sh --env prod"', '-- --env prod'],
    [['--', 'a'], 2, 'there are arguments after -- and no --exec', '--exec ./deploy.sh -- --env prod'],
    [['--exec', 'true', 'a'], 2, 'webhook listen does not take a', 'stand after --'],
    [['--secret', ''], 2, 'the secret is empty', '--secret-file'],
    [['--secret', 'a', '--secret-file', 'b'], 2, '--secret', 'webhook listen --help'],
    [['--secret-file', '/nowhere/at.all'], 3, 'there is no /nowhere/at.all', ''],
    [['--timeout', '0'], 2, '--timeout: "0" is not a number of seconds', 'above 0'],
    [['--jobs', '0'], 2, '--jobs', ''],
    [['--port', '99999'], 2, '--port', ''],
    [['--host', '192.0.2.1', '--secret', 'x'], 1, 'could not listen on 192.0.2.1', ''],
  ])('%j does not start', async (args, exit, message, hint) => {
    const { stdout, stderr, code } = await runCli(['webhook', 'listen', '--port', '0', ...args])
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })
})

/** One that nobody has collected yet is over. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return /^[^Z\s]/.test(stdout)
}
