import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
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
