import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { withLock } from '../../src/files/lock.ts'

it('lets one process in at a time: no increment of a shared counter is lost', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'regctl-lock-')), 'counter')
  await writeFile(file, '0')
  const script = `
    import { readFile, writeFile } from 'node:fs/promises'
    import { withLock } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/files/lock.ts'))}
    for (let i = 0; i < 20; i++) await withLock(process.argv[1], async () => {
      const n = Number(await readFile(process.argv[1], 'utf8'))
      await writeFile(process.argv[1], String(n + 1))
    })`
  const run = () =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, file])
  await Promise.all([run(), run(), run()])
  expect(await readFile(file, 'utf8')).toBe('60')
})

it('lets go when the work fails', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'regctl-lock-')), 'f')
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(withLock(file, async () => 'in again')).resolves.toBe('in again')
})

it('lets neighbours in one process in by turns, in order', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'regctl-lock-')), 'f')
  const seen: number[] = []
  let inside = 0
  const enter = async (at: number) => {
    inside += 1
    expect(inside).toBe(1)
    await access(`${file}.lock`)
    seen.push(at)
    inside -= 1
  }
  const order = Array.from({ length: 30 }, (_, at) => at)
  await Promise.all(order.map(at => withLock(file, () => enter(at))))
  expect(seen).toEqual(order)
})

it('takes over the lock of a holder that died', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'regctl-lock-')), 'f')
  await mkdir(`${file}.lock`)
  const longAgo = Date.now() / 1000 - 11
  await utimes(`${file}.lock`, longAgo, longAgo)
  await expect(withLock(file, async () => 'in')).resolves.toBe('in')
})

it('says so when the lock was taken away meanwhile, and does not end the process from a timer', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'regctl-lock-')), 'f')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const held = withLock(file, async () => {
      await rm(`${file}.lock`, { recursive: true })
      // The holder looks after its lock every five seconds.
      for (let tries = 0; tries < 200; tries += 1) {
        await vi.advanceTimersByTimeAsync(5000)
        // A look at the disk of our own gives its look at the disk the time to end.
        await access(file).catch(() => {})
      }
    })
    await expect(held).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('lost the lock') })
  } finally {
    vi.useRealTimers()
  }
  await expect(withLock(file, async () => 'in again')).resolves.toBe('in again')
})
