import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { Credential, CredentialStore } from './credentials.ts'
import { readEntry } from './entry.ts'
import { normalizeServer } from './hosts.ts'
import { sanitize } from './sanitize.ts'

/** The part of keytar that is used. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
  findCredentials(service: string): Promise<{ account: string; password: string }[]>
}

export interface KeychainOptions {
  /** How keytar is loaded, on first use. Default: `await import('keytar')`. */
  load?: () => Promise<Keytar>
  /** Milliseconds the keychain has to answer; a person may have to unlock it. Default 60,000. */
  timeout?: number
}

/** Under which name the items stand in the system's keychain; their account is the registry as `host[:port]`. */
export const keychainService = 'regctl'

const hint = 'unlock the keychain, or use --store file'

/**
 * Credentials in the system's keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux.
 * @throws RegctlError UNSUPPORTED when keytar does not load, FAILED when the keychain refuses or does not answer in time.
 */
export function keychainStore({ load = loadKeytar, timeout = 60_000 }: KeychainOptions = {}): CredentialStore {
  let loading: Promise<Keytar> | undefined

  async function use<T>(what: string, work: (keytar: Keytar) => Promise<T>, secrets: string[] = []): Promise<T> {
    loading ??= load()
    const keytar = await loading.catch(error => {
      loading = undefined
      throw new RegctlError('UNSUPPORTED', `the keychain library does not load: ${because(error)}`, { hint })
    })
    return withinTime(work(keytar), timeout).catch(error => {
      throw new RegctlError('FAILED', `the keychain could not ${what}: ${because(error, secrets)}`, { hint })
    })
  }

  return {
    name: 'keychain',
    async get(registry) {
      const account = normalizeServer(registry)
      const secret = await use(`be asked for ${account}`, keytar => keytar.getPassword(keychainService, account))
      const credential = secret === null ? undefined : decode(secret, account)
      return credential && { credential, source: 'keychain' }
    },
    async set(registry, credential) {
      const [account, secret] = [normalizeServer(registry), encode(credential)]
      const set = (keytar: Keytar) => keytar.setPassword(keychainService, account, secret)
      await use(`store ${account}`, set, [secret, 'token' in credential ? credential.token : credential.password])
    },
    async delete(registry) {
      const account = normalizeServer(registry)
      return use(`forget ${account}`, keytar => keytar.deletePassword(keychainService, account))
    },
    async registries() {
      const items = await use('be listed', keytar => keytar.findCredentials(keychainService))
      return items.map(item => item.account)
    },
  }
}

/** keytar is CommonJS: Node has its functions under `default`. */
async function loadKeytar(): Promise<Keytar> {
  const { default: keytar } = await import('keytar')
  return keytar
}

/** Rejects when `work` takes longer. The native call goes on in its thread: nothing can end it but the end of the process. */
async function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} seconds`)), milliseconds)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function encode(credential: Credential): string {
  if (credential.kind === 'identity') return JSON.stringify({ identitytoken: credential.token })
  if (credential.kind === 'registry') return JSON.stringify({ registrytoken: credential.token })
  return JSON.stringify({ username: credential.username, password: credential.password })
}

/** The fields are those of an `auths` entry. */
function decode(secret: string, account: string): Credential | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(secret)
  } catch {
    // Not ours, or damaged: the text is a secret and goes nowhere.
  }
  const credential = isObject(entry) ? readEntry(entry, `${account} in the keychain`) : undefined
  if (credential) return credential
  throw new RegctlError('FAILED', `the keychain item ${keychainService} for ${account} is not one that regctl wrote`, {
    hint: 'log in again',
  })
}

function because(error: unknown, secrets: readonly string[] = []): string {
  return error instanceof Error ? sanitize(error.message, secrets) : 'unknown reason'
}
