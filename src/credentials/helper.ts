import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { Credential, CredentialStore, FoundCredential } from './credentials.ts'
import type { JsonObject } from './entry.ts'
import { findHelper, type HelperOptions, runHelper } from './helper-run.ts'
import { normalizeServer, serverKey } from './hosts.ts'
import { sanitize } from './sanitize.ts'

/** What a helper prints, with exit code 1, when it has nothing: an answer, not a failure. */
export const notFoundMessage = 'credentials not found in native keychain'
/** The user name that says: the secret is an identity token. */
const tokenUser = '<token>'

/**
 * Credentials in the keeping of `docker-credential-SUFFIX`.
 * @throws RegctlError CONFIG_INVALID when there is no such helper, FAILED when it fails, hangs (30 s) or prints over 1 MiB;
 * its stdout is in no error (T15), its stderr is sanitised (T21). UNSUPPORTED for a registry token.
 */
export function helperStore(suffix: string, options: HelperOptions): CredentialStore {
  const name = `helper:${suffix}`

  /** stdout, or `undefined` when the helper says that it has nothing. */
  async function ask(action: string, input: string, secret = ''): Promise<string | undefined> {
    const program = `docker-credential-${suffix}`
    const failed = (reason: string) =>
      new RegctlError('FAILED', `${program} ${action} ${reason}`, {
        hint: `try: ${program} ${action}, or log in with --store file`,
      })
    const file = await findHelper(suffix, options.path)
    const answer = await runHelper(file, action, input, options).catch(() => {
      throw failed('could not be started')
    })
    if (answer.killed !== undefined) throw failed(answer.killed)
    if (answer.exitCode === 0) return answer.stdout
    if (answer.stdout.trim() === notFoundMessage) return undefined
    const said = sanitize(answer.stderr, [secret, ...secretsIn(answer.stdout)])
    throw failed(`failed with exit code ${answer.exitCode}${said === '' ? '' : `: ${said}`}`)
  }

  async function askJson(action: string, input: string): Promise<JsonObject | undefined> {
    const output = await ask(action, input)
    if (output === undefined) return undefined
    const value = parseJson(output)
    if (!isObject(value)) throw new RegctlError('FAILED', `docker-credential-${suffix} ${action} did not print JSON`)
    return value
  }

  const listed = async () => Object.keys((await askJson('list', 'unused')) ?? {})

  async function get(registry: string): Promise<FoundCredential | undefined> {
    const answer = await askJson('get', serverKey(registry))
    if (answer === undefined) return undefined
    const { ServerURL: server, Username: username = '', Secret: secret = '' } = answer
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
    // A helper that searches loosely may answer with the secret of a neighbour (T1).
    if (typeof server === 'string' && server !== '' && normalizeServer(server) !== normalizeServer(registry))
      throw new RegctlError('FAILED', `docker-credential-${suffix} answered for another host than ${registry}`)
    return { credential: credentialOf(username, secret), source: `helper ${suffix}` }
  }

  return {
    name,
    get,
    async set(registry, credential) {
      if (credential.kind === 'registry')
        throw new RegctlError('UNSUPPORTED', 'a credential helper cannot keep a registry token', {
          hint: 'use --store file',
        })
      const account = accountOf(credential)
      await ask('store', JSON.stringify({ ServerURL: serverKey(registry), ...account }), account.Secret)
    },

    async delete(registry) {
      // Not every helper can list; then what docker would have written is all there is to ask for.
      const known = await listed().catch(async () => ((await get(registry)) ? [serverKey(registry)] : []))
      const keys = known.filter(key => normalizeServer(key) === normalizeServer(registry))
      for (const key of keys) await ask('erase', key)
      return keys.length > 0
    },

    async registries() {
      return [...new Set((await listed()).map(normalizeServer))].filter(server => !server.includes('/'))
    },
  }
}

/** A login as the protocol has it. */
export function accountOf(credential: Credential): { Username: string; Secret: string } {
  if (credential.kind === 'password') return { Username: credential.username, Secret: credential.password }
  return { Username: tokenUser, Secret: credential.token }
}

export function credentialOf(username: string, secret: string): Credential {
  return username === tokenUser ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Helpers have been seen to print a secret twice, once on stderr. */
function secretsIn(stdout: string): string[] {
  const value = parseJson(stdout)
  const secret = isObject(value) ? value.Secret : undefined
  return typeof secret === 'string' ? [secret, stdout.trim()] : [stdout.trim()]
}
