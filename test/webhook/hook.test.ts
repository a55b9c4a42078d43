import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findHook, hookEnvironment, runHook } from '../../src/webhook/hook.ts'
import { normalize } from '../../src/webhook/normalize.ts'
import { payloads } from './payloads.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regctl-hook-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const eventOf = (text: string) => {
  const [event] = normalize(text).events
  if (!event) throw new Error('no event')
  return event
}
const env = { PATH: process.env.PATH }

async function script(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\n${text}\n`)
  await chmod(file, 0o755)
  return file
}

describe('a command for an event', () => {
  it('has it in its environment and on stdin, and its arguments as they were given', async () => {
    const event = eventOf(payloads.harborPull)
    const file = await script('show', `{ echo "$# $1"; cat; env | grep ^REGCTL_ | sort; } > ${folder}/shown`)
    await runHook(event, { file, args: ['a $(id) b'], env, timeoutSeconds: 20 })
    const [args, line, ...variables] = (await readFile(join(folder, 'shown'), 'utf8')).trimEnd().split('\n')
    expect(args).toBe('1 a $(id) b')
    expect(JSON.parse(line ?? '')).toEqual(event)
    expect(variables).toEqual([
      'REGCTL_EVENT=pull',
      'REGCTL_EVENT_ACTOR=admin',
      `REGCTL_EVENT_DIGEST=${event.digest}`,
      `REGCTL_EVENT_ID=${event.id}`,
      'REGCTL_EVENT_PRODUCT=harbor',
      'REGCTL_EVENT_REGISTRY=harbor.dev',
      'REGCTL_EVENT_REPOSITORY=library/busybox',
      'REGCTL_EVENT_TIME=2023-03-06T05:58:23Z',
    ])
  })

  it('T24: text that would be a command, or end a variable, is text', async () => {
    const actor = '$(touch pwned)`touch pwned`;touch pwned\u0000\nREGCTL_EVENT_TAG=evil'
    const event = eventOf(payloads.hub.replace('"trustedbuilder"', JSON.stringify(actor)))
    const file = await script(
      'text',
      `cd ${folder}; printf '%s|%s' "$REGCTL_EVENT_ACTOR" "$REGCTL_EVENT_TAG" > text.out`,
    )
    await runHook(event, { file, args: [], env, timeoutSeconds: 20 })
    expect(await readFile(join(folder, 'text.out'), 'utf8')).toBe(
      '$(touch pwned)`touch pwned`;touch pwned\ufffd\ufffdREGCTL_EVENT_TAG=evil|latest',
    )
    await expect(readFile(join(folder, 'pwned'))).rejects.toThrow('ENOENT')
  })

  it.each([
    ['exit 3', 20, 'ended with 3'],
    ['kill -9 $$', 20, 'ended with SIGKILL'],
    ['exec sleep 60', 0.3, 'took longer than 0.3 seconds'],
    ['sleep 60 & wait', 0.3, 'took longer than 0.3 seconds'],
  ])('%s is told', async (text, timeoutSeconds, failure) => {
    const file = await script('fails', text)
    const run = runHook(eventOf(payloads.hub), { file, args: [], env, timeoutSeconds })
    await expect(run).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(`the command ${failure} for the push of svendowideit/testhook:latest (`),
    })
  })

  it('one that cannot be started, and one that reads nothing', async () => {
    const event = eventOf(payloads.hub)
    const gone = runHook(event, { file: join(folder, 'gone'), args: [], env, timeoutSeconds: 20 })
    await expect(gone).rejects.toThrow('the command could not be started (ENOENT)')
    const deaf = await script('deaf', 'exec 0<&-; exit 0')
    await runHook(event, { file: deaf, args: [], env, timeoutSeconds: 20 })
  })

  it('leaves out what is not told', () => {
    expect(Object.keys(hookEnvironment(eventOf('{"type":"QUOTA_EXCEED","event_data":{}}')))).toEqual([
      'REGCTL_EVENT',
      'REGCTL_EVENT_PRODUCT',
      'REGCTL_EVENT_ID',
    ])
  })
})

describe('finding it', () => {
  it('by a path and on the PATH', async () => {
    const file = await script('found', 'exit 0')
    expect(await findHook(file, '')).toBe(file)
    expect(await findHook('found', `/nowhere:${folder}`)).toBe(file)
  })

  it.each([
    ['./found --env prod', 'there is no program "./found --env prod"'],
    ['no-such-program', 'there is no program "no-such-program" on the PATH'],
    ['/', 'there is no program "/"'],
  ])('%s is wrong usage', async (command, message) => {
    await expect(findHook(command, folder)).rejects.toMatchObject({
      code: 'USAGE',
      message,
      hint: expect.stringContaining('--exec ./deploy.sh -- --env prod'),
    })
  })
})
