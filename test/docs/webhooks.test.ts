import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closing } from '../helpers/http-send.ts'
import { payloads } from '../webhook/payloads.ts'
import { openShell, readPage, type Shell } from './page.ts'

const page = readPage('webhooks.md')
const lines = Object.values(payloads).map(text => text.replaceAll('\n', ''))

/** The words of a page's commands, by what they begin with. */
function command(beginning: string): string {
  const found = page.commands.filter(text => text.startsWith(beginning))
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`the page has ${found.length} commands ${beginning}`)
  return only
}

async function desk(): Promise<Shell> {
  const shell = closing(await openShell())
  shell.write('payload.json', payloads.hub)
  shell.write('notices.jsonl', `${lines.join('\n')}\n`)
  shell.write('deploy.sh', '#!/bin/sh\necho "$* $REGCTL_EVENT_REPOSITORY:$REGCTL_EVENT_TAG" >> deployed\n', 0o755)
  return shell
}

/** The page's, on a free port. */
async function listening(shell: Shell, text: string) {
  const { child, said, ended } = shell.start(text.replace('webhook listen', 'webhook listen --port 0'))
  await expect.poll(() => said.stderr).toMatch(/listening on \S+\n/)
  const url = /listening on (\S+)\n/.exec(said.stderr)?.[1] ?? ''
  return { child, ended, here: (command: string) => command.replace('http://127.0.0.1:9000/', url) }
}

describe('every command of docs/webhooks.md', () => {
  it('is one of those that are run here, and the Chinese page has the same', () => {
    expect(page.commands).toHaveLength(6)
    expect(readPage('webhooks.zh-CN.md').commands).toEqual(page.commands)
  })

  it('a secret, a listener, a notice', async () => {
    const shell = await desk()
    expect(await shell.run(command('openssl'))).toMatchObject({ code: 0 })
    const listener = await listening(shell, 'regctl webhook listen --secret-file secret.txt')
    expect(page.commands).toContain('regctl webhook listen --secret-file secret.txt')
    const { stdout } = await shell.run(listener.here(command('curl')))
    expect(stdout).toBe('{"accepted":1,"duplicates":0}\n')
    listener.child.kill('SIGINT')
    const { code, stdout: events } = await listener.ended
    expect(code).toBe(130)
    expect(JSON.parse(events)).toMatchObject({ repository: 'svendowideit/testhook', tag: 'latest' })
  })

  it('a program for each push', async () => {
    const shell = await desk()
    await shell.run(command('openssl'))
    const listener = await listening(shell, command('regctl webhook listen --secret-file secret.txt --events'))
    await shell.run(listener.here(command('curl')))
    listener.child.kill('SIGTERM')
    expect((await listener.ended).code).toBe(143)
    expect(readFileSync(join(shell.folder, 'deployed'), 'utf8')).toBe('--env prod svendowideit/testhook:latest\n')
  })

  it('files', async () => {
    const shell = await desk()
    const one = await shell.run(command('regctl webhook parse payload.json'))
    expect(JSON.parse(one.stdout)).toMatchObject({ product: 'docker-hub' })
    shell.write('notices.jsonl', `${lines.join('\n').replaceAll('test-webhook/debian', 'team/debian')}\n`)
    const chosen = await shell.run(command('regctl webhook parse --events'))
    expect(JSON.parse(chosen.stdout)).toMatchObject({ event: 'push', repository: 'team/debian' })
  })
})
