import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { realOrSkip } from '../helpers/real.ts'

/** All by which a file or folder can change; opening is seen in the wake-up that follows it. `?`: where the machine has such a call. */
const calls = [
  'write,pwrite64,writev,ftruncate,fsync,fdatasync,fchmod,chmod,fchmodat,fchown,chown,fchownat,utimensat',
  'rename,renameat,renameat2,mkdir,mkdirat,rmdir,unlink,unlinkat,link,linkat,symlink,symlinkat',
]
  .join(',')
  .replace(/\w+/g, '?$&')
const before = '{"debug": true}'
const after = '{"debug": true, "registry-mirrors": ["https://new.example"]}'

interface Traced {
  signal: string | null
  /** Each call as `THREAD call(…)`, in order. */
  lines: string[]
}

realOrSkip('strace')('T17, T25: kill -9 before every system call of an edit', () => {
  let place: string
  let program: string
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'regctl-kill-'))
    program = join(place, 'edit.mjs')
    const js = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);"
    await build({
      entryPoints: [join(import.meta.dirname, 'edit-child.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      banner: { js },
    })
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it('leaves the old file or the new one, whole, and a whole backup', { timeout: 300_000 }, async () => {
    const whole = await traced(folder())
    expect(whole.signal).toBeNull()
    const counted = count(whole.lines)
    const worker = counted.findLast(({ line }) => / rename(?:at2?)?\(/.test(line))?.thread
    const steps = counted.filter(({ thread }) => thread === worker)
    const first = steps.findIndex(({ line }) => line.includes('daemon.json.lock'))
    const others = Math.max(...counted.filter(({ thread }) => thread !== worker).map(({ at }) => at))
    // No other thread gets as far as the first kill.
    expect(others).toBeLessThan(first)
    const seen = new Set<string>()
    let kills = 0
    for (const { at } of steps.slice(first)) {
      const root = folder()
      const { signal } = await traced(root, at)
      if (signal === 'SIGKILL') kills++
      const text = readFileSync(join(root, 'daemon.json'), 'utf8')
      expect([before, after], `killed before call ${at}`).toContain(text)
      seen.add(text)
      for (const name of readdirSync(root).filter(name => name.startsWith('daemon.json.bak-')))
        expect(readFileSync(join(root, name), 'utf8')).toBe(before)
    }
    expect([...seen]).toEqual([before, after])
    expect(kills).toBeGreaterThan(20)
  })

  function folder(): string {
    const root = mkdtempSync(join(place, 'root-'))
    writeFileSync(join(root, 'daemon.json'), before)
    return root
  }

  /** @param when kills a thread's process before this call of the thread, counted from 1 */
  function traced(root: string, when?: number): Promise<Traced> {
    const trace = join(root, '..', 'trace')
    const inject = when === undefined ? [] : ['-e', `inject=${calls}:signal=SIGKILL:when=${when}`]
    const args = ['-f', '-q', '-o', trace, '-e', `trace=${calls}`, ...inject, process.execPath, program, root]
    return new Promise(resolve => {
      execFile('strace', args, { env: { UV_THREADPOOL_SIZE: '1' }, timeout: 60_000 }, error => {
        const signal = error ? (error.signal ?? `${error.code}`) : null
        resolve({ signal: signal === '137' ? 'SIGKILL' : signal, lines: readFileSync(trace, 'utf8').split('\n') })
      })
    })
  }
})

/** Each call with its number within its thread. */
function count(lines: readonly string[]): { thread: string; at: number; line: string }[] {
  const numbers = new Map<string, number>()
  return lines.flatMap(line => {
    const [, thread] = /^(\d+) +\w+\(/.exec(line) ?? []
    if (thread === undefined) return []
    const at = (numbers.get(thread) ?? 0) + 1
    numbers.set(thread, at)
    return [{ thread, at, line }]
  })
}
