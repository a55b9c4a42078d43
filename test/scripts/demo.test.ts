import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// Stands in for the program: its registries only wait, its copies move nothing, and it fails or hangs when told.
const stub = `
import { appendFileSync, readFileSync } from 'node:fs'
const [command, ...rest] = process.argv.slice(2)
const last = rest.at(-1)
appendFileSync(process.env.LC_STUB_PIDS, process.pid + '\\n')
if (command === process.env.LC_STUB_FAILS) process.exit(3)
if (command === 'serve') { console.log('listening on http://127.0.0.1:' + process.pid); setInterval(() => {}, 1000) }
else if (command === process.env.LC_STUB_HANGS) { console.log('hanging'); setInterval(() => {}, 1000) }
else if (command === 'digest') console.log(JSON.parse(readFileSync('app/index.json', 'utf8')).manifests[0].digest)
else if (command === 'login') process.stdin.on('data', text => console.log('read ' + text))
else if (last === '--json') console.log('{"bytes":{"copied":0}}')
else console.log('home ' + process.env.HOME + ' ' + process.env.AWS_SECRET_ACCESS_KEY)
`

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'regctl-demo-test-'))
  mkdirSync(join(place, 'tmp'))
  writeFileSync(join(place, 'stub.mjs'), stub)
})
afterEach(() => rmSync(place, { recursive: true }))

describe('the show', () => {
  it('runs every command in a home of its own, and leaves nothing', async () => {
    const { code, stdout } = await run({ AWS_SECRET_ACCESS_KEY: 'canary' })
    expect(code).toBe(0)
    expect(commands(stdout)).toEqual(
      'serve serve login whoami copy copy repos tags tags inspect inspect copy copy digest digest logout'.split(' '),
    )
    expect(stdout).toContain('read correct horse')
    expect(stdout).toContain(`home ${join(place, 'tmp')}`)
    expect(stdout).not.toContain('canary')
    expectNothingLeft()
  })

  it('stops with 1 when a command fails, and leaves nothing', async () => {
    const { code, stderr } = await run({ LC_STUB_FAILS: 'inspect' })
    expect(code).toBe(1)
    expect(stderr).toContain('regctl inspect ended with 3')
    expectNothingLeft()
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing after %s', async (signal, expected) => {
    const { code, stderr } = await run({ LC_STUB_HANGS: 'tags' }, signal)
    expect(code).toBe(expected)
    expect(stderr).toBe('')
    expectNothingLeft()
  })
})

async function run(env: Record<string, string>, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, ['scripts/demo.js', join(place, 'stub.mjs')], {
    env: { PATH: process.env.PATH, TMPDIR: join(place, 'tmp'), LC_STUB_PIDS: join(place, 'pids'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (signal && stdout.includes('hanging')) child.kill(signal)
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

function commands(stdout: string): string[] {
  return [...stdout.matchAll(/^\$ regctl (\w+)/gm)].map(([, command = '']) => command)
}

function expectNothingLeft(): void {
  expect(readdirSync(join(place, 'tmp'))).toEqual([])
  expect(readdirSync(place).sort()).toEqual(['pids', 'stub.mjs', 'tmp'])
  expect(running()).toEqual([])
}

function running(): string[] {
  const pids = readFileSync(join(place, 'pids'), 'utf8').trim().split('\n')
  return pids.filter(pid => {
    try {
      return process.kill(Number(pid), 0)
    } catch {
      return false
    }
  })
}
