import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { helperStore } from '../../src/credentials/helper.ts'
import { callsOf, keepingHelper, shellHelper, temporary, writeJson } from './fake-helpers.ts'

const system = '/usr/bin:/bin'
let dir: string
let path: string
beforeEach(async () => {
  dir = await temporary()
  path = [dir, system].join(delimiter)
})

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('the protocol', () => {
  it.each([
    { kind: 'password', username: 'u', password: 'p:q\n' },
    { kind: 'identity', token: 'refresh' },
  ] as const)('stores, gets, lists and erases a $kind', async credential => {
    await keepingHelper(dir, 'keep')
    const store = helperStore('keep', { path })
    expect(await store.get('ghcr.io')).toBeUndefined()
    await store.set('ghcr.io', credential)
    expect(await store.get('GHCR.io')).toEqual({ credential, source: 'helper keep' })
    expect(await store.registries()).toEqual(['ghcr.io'])
    expect(await store.delete('ghcr.io')).toBe(true)
    expect(await store.delete('ghcr.io')).toBe(false)
    expect(store.name).toBe('helper:keep')
  })

  it("speaks of Hub by docker's key, and says what the protocol says", async () => {
    await keepingHelper(dir, 'keep')
    const store = helperStore('keep', { path })
    await store.set('registry-1.docker.io', { kind: 'identity', token: 't' })
    await store.get('docker.io')
    await store.registries()
    const hub = 'https://index.docker.io/v1/'
    expect((await callsOf(dir, 'keep')).map(call => [call.argv[2], call.input])).toEqual([
      ['store', JSON.stringify({ ServerURL: hub, Username: '<token>', Secret: 't' })],
      ['get', hub],
      ['list', 'unused'],
    ])
  })

  it('erases every alias, and nobody else', async () => {
    await keepingHelper(dir, 'keep')
    const item = { Username: 'u', Secret: 's' }
    const keys = ['https://index.docker.io/v1/', 'docker.io', 'https://registry-1.docker.io', 'evil-docker.io']
    await writeJson(join(dir, 'keep.json'), Object.fromEntries(keys.map(key => [key, item])))
    expect(await helperStore('keep', { path }).delete('docker.io')).toBe(true)
    expect(Object.keys(JSON.parse(await readFile(join(dir, 'keep.json'), 'utf8')))).toEqual(['evil-docker.io'])
  })

  it('erases without a list where a helper has none', async () => {
    await shellHelper(
      dir,
      'mute',
      `case $1 in get) echo '{"Username":"u","Secret":"s"}';; erase) cat > ${dir}/erased;; *) exit 1;; esac`,
    )
    expect(await helperStore('mute', { path }).delete('ghcr.io')).toBe(true)
    expect(await readFile(join(dir, 'erased'), 'utf8')).toBe('ghcr.io')
  })

  it('"credentials not found" is an answer; a registry token is not for helpers', async () => {
    await shellHelper(dir, 'none', 'echo credentials not found in native keychain; echo noise >&2; exit 1')
    const store = helperStore('none', { path })
    expect(await store.get('ghcr.io')).toBeUndefined()
    expect(await store.registries()).toEqual([])
    await expect(store.set('ghcr.io', { kind: 'registry', token: 't' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('T1: an answer for another host is refused', async () => {
    await shellHelper(dir, 'loose', `echo '{"ServerURL":"ghcr.io","Username":"u","Secret":"canary"}'`)
    const error = await failureOf(helperStore('loose', { path }).get('cr.io'))
    expect(error).toMatchObject({ code: 'FAILED', message: expect.stringContaining('another host') })
    expect(inspect(error)).not.toContain('canary')
  })
})

describe('T16: argv and environment', () => {
  it('hold no secret, and what only regctl reads is withheld', async () => {
    await keepingHelper(dir, 'keep')
    const env = { HOME: dir, AWS_PROFILE: 'p', PATH: '/evil', REGCTL_PASSWORD: 'canary', DOCKER_AUTH_CONFIG: 'canary' }
    await helperStore('keep', { path, env }).set('ghcr.io', { kind: 'password', username: 'u', password: 'canary' })
    const [call] = await callsOf(dir, 'keep')
    expect(call?.input).toContain('canary')
    expect(JSON.stringify([call?.argv, call?.env])).not.toContain('canary')
    expect(call?.env).toMatchObject({ HOME: dir, AWS_PROFILE: 'p', PATH: path })
  })

  it('without an environment a helper gets PATH alone', async () => {
    await keepingHelper(dir, 'keep')
    await helperStore('keep', { path }).get('ghcr.io')
    const [call] = await callsOf(dir, 'keep')
    expect(Object.keys(call?.env ?? {}).filter(name => !name.startsWith('__'))).toEqual(['PATH'])
  })
})

describe('T21: hostile and broken helpers', () => {
  it.each(['../../evil', '/bin/evil', 'a b', 'a;touch x', '$(x)', 'a\nb', '', 'x'.repeat(65), 'a\\b', 'é'])(
    'the name %j is refused and nothing runs',
    async suffix => {
      await mkdir(join(dir, 'docker-credential-..'), { recursive: true })
      await shellHelper(dir, 'evil', `touch ${dir}/ran`)
      await expect(helperStore(suffix, { path }).get('ghcr.io')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('not a plain name'),
      })
      await expect(readFile(join(dir, 'ran'))).rejects.toThrow()
    },
  )

  it.each(['', '.', 'bin', '..', './', 'nowhere'])('PATH %j never means the working directory', async relative => {
    const inside = join(dir, relative)
    await mkdir(inside, { recursive: true })
    await shellHelper(inside, 'here', `echo '{"Username":"u","Secret":"s"}'`)
    const before = process.cwd()
    process.chdir(dir)
    const error = await failureOf(helperStore('here', { path: relative }).get('ghcr.io')).finally(() =>
      process.chdir(before),
    )
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('docker-credential-here') })
  })

  it('a file that is no program is not a helper', async () => {
    await writeFile(join(dir, 'docker-credential-text'), 'x', { mode: 0o644 })
    await mkdir(join(dir, 'docker-credential-folder'))
    for (const name of ['text', 'folder'])
      await expect(helperStore(name, { path }).get('ghcr.io')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('one that sleeps is killed with all it started', async () => {
    await shellHelper(dir, 'slow', `sleep 300 & echo $! > ${dir}/writing; mv ${dir}/writing ${dir}/child; sleep 300`)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const asked = failureOf(helperStore('slow', { path }).get('ghcr.io'))
      await expect.poll(() => existsSync(join(dir, 'child'))).toBe(true)
      vi.advanceTimersByTime(30_000)
      expect(await asked).toMatchObject({
        message: expect.stringContaining('docker-credential-slow get gave no answer within 30 seconds'),
      })
    } finally {
      vi.useRealTimers()
    }
    const child = Number(await readFile(join(dir, 'child'), 'utf8'))
    await expect.poll(() => isRunning(child)).toBe(false)
  })

  it('one that hangs ends with the process that asked it', async () => {
    await shellHelper(dir, 'hung', `sleep 300 & echo $! > ${dir}/writing; mv ${dir}/writing ${dir}/child; sleep 300`)
    const script = join(import.meta.dirname, 'helper-child.ts')
    const ended = spawnSync(process.execPath, ['--import', 'tsx', script, path, join(dir, 'child')], {
      timeout: 25_000,
    })
    expect(ended.status).toBe(0)
    const child = Number(await readFile(join(dir, 'child'), 'utf8'))
    try {
      await expect.poll(() => isRunning(child)).toBe(false)
    } finally {
      if (isRunning(child)) process.kill(child)
    }
  })

  it('leaves no listener on the process behind', async () => {
    await keepingHelper(dir, 'keep')
    const before = process.listenerCount('exit')
    await Promise.all(['a.io', 'b.io'].map(host => helperStore('keep', { path }).get(host)))
    await failureOf(helperStore('nowhere', { path }).get('ghcr.io'))
    expect(process.listenerCount('exit')).toBe(before)
  })

  it.each(['stdout', 'stderr'])('one that prints 5 MiB on %s is killed', async stream => {
    const to = stream === 'stdout' ? '' : '>&2'
    await shellHelper(dir, 'loud', `head -c 5242880 /dev/zero ${to}; touch ${dir}/finished; sleep 300`)
    await expect(helperStore('loud', { path }).get('ghcr.io')).rejects.toThrow('printed more than 1 MiB')
    await expect(readFile(join(dir, 'finished'))).rejects.toThrow()
  })

  it('one that leaves a child with its pipes behind is not waited for', async () => {
    await shellHelper(dir, 'left', `setsid sleep 20 & exit 0`)
    await expect(helperStore('left', { path, timeout: 300 }).get('ghcr.io')).rejects.toMatchObject({ code: 'FAILED' })
  })

  it('stderr is shown escaped and without secrets, stdout never', async () => {
    await shellHelper(
      dir,
      'sick',
      `echo '{"Secret":"canary"}'; printf '\\033[31mbad canary, token=canary2\\n' >&2; exit 7`,
    )
    const error = await failureOf(helperStore('sick', { path }).get('ghcr.io'))
    expect(error).toMatchObject({
      code: 'FAILED',
      message: 'docker-credential-sick get failed with exit code 7: \\u001b[31mbad ***, token=***',
    })
    expect(inspect(error, { depth: 9 })).not.toContain('canary')
  })

  it('a message on stdout at exit 1 is not shown, for it may be the secret', async () => {
    await shellHelper(dir, 'sick', 'echo canary; exit 1')
    const error = await failureOf(helperStore('sick', { path }).get('ghcr.io'))
    expect(error).toMatchObject({ message: 'docker-credential-sick get failed with exit code 1' })
  })

  it('a secret that the helper repeats on stderr while storing is starred out', async () => {
    await shellHelper(dir, 'echo', `sed -e 's/.*Secret":"/got /' -e 's/".*//' >&2; exit 1`)
    const secret = { kind: 'password', username: 'u', password: 'canary-1' } as const
    const error = await failureOf(helperStore('echo', { path }).set('ghcr.io', secret))
    expect(error).toMatchObject({ code: 'FAILED', message: expect.stringContaining(': got ***') })
    expect(inspect(error)).not.toContain('canary')
  })

  it.each(['not json canary', '[]', '"canary"', ''])('an answer %j is an error that does not show it', async text => {
    await shellHelper(dir, 'odd', `printf '%s' '${text}'`)
    const error = await failureOf(helperStore('odd', { path }).get('ghcr.io'))
    expect(error).toMatchObject({ code: 'FAILED' })
    expect(inspect(error)).not.toContain('canary')
  })

  it('one that closes its input unread, and one that cannot be started', async () => {
    await shellHelper(dir, 'deaf', `exec 0<&-; echo '{"Username":"u","Secret":"s"}'`)
    expect(await helperStore('deaf', { path }).get('x'.repeat(200_000))).toBeDefined()
    await writeFile(join(dir, 'docker-credential-broken'), '#!/no/such/interpreter\n', { mode: 0o755 })
    await expect(helperStore('broken', { path }).get('ghcr.io')).rejects.toThrow('could not be started')
  })
})

/** Zombies do not count: in a container nobody may reap them. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return /^[^Z]/.test(stdout.trim())
}
