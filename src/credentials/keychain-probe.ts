import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { sanitize } from './sanitize.ts'

export interface ProbeOptions {
  /** The file of the keychain library. Default: where `keytar` is installed. */
  library?: string
  /** Milliseconds; a person may have to unlock the keychain. Default 30,000. */
  timeout?: number
}

/** A secret service that answers questions may still have no place to keep anything: only writing tells. Runs as CommonJS. */
const script = `
const [service, account] = ['regctl-probe', require('node:crypto').randomUUID()]
async function probe() {
  const keytar = require(process.argv[1])
  await keytar.setPassword(service, account, 'probe')
  const read = await keytar.getPassword(service, account)
  await keytar.deletePassword(service, account)
  if (read !== 'probe') throw new Error('it does not give back what it was given')
}
probe().then(() => process.exit(0), error => {
  process.stdout.write(error.message.split('\\n')[0], () => process.exit(1))
})`

/**
 * Writes, reads and removes an item without meaning. `undefined`: usable; otherwise the reason, fit to be shown. Never throws.
 * A native call that hangs on D-Bus cannot be ended and keeps its process from exiting, and a broken addon crashes it:
 * so the first touch happens in a process of its own, which is killed after `timeout`.
 */
export async function isKeychainUsable(options: ProbeOptions = {}): Promise<string | undefined> {
  const { library = installedLibrary(), timeout = 30_000 } = options
  if (library === undefined) return 'the optional package keytar is not installed'
  return new Promise(resolve => {
    const limits = { timeout, killSignal: 'SIGKILL', maxBuffer: 64 * 1024, windowsHide: true } as const
    execFile(process.execPath, ['-e', script, library], limits, (error, stdout) => {
      if (error === null) resolve(undefined)
      else if (error.killed) resolve(`no answer within ${timeout / 1000} seconds`)
      else resolve(sanitize(stdout) || 'its library crashed')
    })
  })
}

function installedLibrary(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('keytar')
  } catch {
    return undefined
  }
}
