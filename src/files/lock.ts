import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RegctlError } from '../model/errors.ts'

/**
 * Runs `work` while no other process that uses this function holds the same path. A holder that died is noticed after ten seconds.
 * @throws RegctlError FAILED when the lock is still taken after about a minute.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { lock } = await import('proper-lockfile')
  await mkdir(dirname(path), { recursive: true })
  let release: () => Promise<void>
  try {
    release = await lock(path, {
      realpath: false,
      stale: 10_000,
      retries: { retries: 600, minTimeout: 10, maxTimeout: 100 },
    })
  } catch (cause) {
    throw new RegctlError('FAILED', `could not lock ${path}`, {
      hint: `if no other regctl is running, remove ${path}.lock`,
      cause,
    })
  }
  try {
    return await work()
  } finally {
    await release()
  }
}
