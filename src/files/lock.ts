import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RegctlError } from '../model/errors.ts'

/** The last in line for each path in this process: neighbours wait for each other here, without polling the disk. */
const lines = new Map<string, Promise<void>>()

/**
 * Runs `work` while nobody else that uses this function, here or in another process, holds the same path. A holder that died is noticed after ten seconds.
 * @throws RegctlError FAILED when the lock is still taken after about a minute, or was lost while working (a process that slept for long).
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const key = resolve(path)
  const before = lines.get(key)
  const { promise: turn, resolve: done } = promiseAndResolve()
  lines.set(key, turn)
  await before
  try {
    return await lockedOnDisk(key, work)
  } finally {
    if (lines.get(key) === turn) lines.delete(key)
    done()
  }
}

async function lockedOnDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { default: files } = await import('proper-lockfile')
  await mkdir(dirname(path), { recursive: true })
  let release: () => Promise<void>
  let lost: Error | undefined
  try {
    // The library would retry a folder that is not writable for a minute.
    await access(dirname(path), constants.W_OK)
    release = await files.lock(path, {
      realpath: false,
      stale: 10_000,
      retries: { retries: 600, minTimeout: 10, maxTimeout: 100 },
      // By default it throws from a timer, which would end the process.
      onCompromised: error => {
        lost = error
      },
    })
  } catch (cause) {
    throw new RegctlError('FAILED', `could not lock ${path}`, {
      hint: `check that the folder is writable; if no other regctl is running, remove ${path}.lock`,
      cause,
    })
  }
  try {
    const result = await work()
    if (lost)
      throw new RegctlError('FAILED', `lost the lock on ${path} while writing it`, { hint: 'try again', cause: lost })
    return result
  } finally {
    if (!lost) await release()
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function promiseAndResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}
