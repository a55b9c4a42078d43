import type { VerifiedLogin } from '../auth/login.ts'
import type { RealmPins } from '../config/pins.ts'
import type { Credential } from '../credentials/credentials.ts'
import type { StoreKind } from '../credentials/login-stores.ts'
import type { Credentials } from '../credentials/setup.ts'
import type { Options } from '../store/store.ts'
import type { RefusedLogin } from './login-refusal.ts'
import type { Transport } from './transport.ts'

/** Where a login is kept, and whether the registry is asked first. */
export interface LoginOptions extends Options {
  /** Where to keep it; `auto` takes a configured helper, else the keychain, else docker's file. */
  store?: StoreKind
  /** Ask the registry whether the credential is right before it is kept. Default true. */
  verify?: boolean
}

/** Which account is used at a registry: what `login`, `logout` and `whoami` do. */
export interface Accounts {
  /**
   * Verifies with the registry, then stores; the name of the store comes back.
   * @throws RegctlError UNAUTHORIZED for a wrong password: nothing is stored then
   */
  login(
    registry: string,
    credential: Extract<Credential, { kind: 'password' }>,
    options?: LoginOptions,
  ): Promise<LoginResult>
  /** Forgets the registry everywhere it is stored, under every alias of its host; the names of the stores that had it. */
  logout(registry: string): Promise<string[]>
  /** Registries that something is stored for. */
  registries(): Promise<string[]>
  /** The account that would be used and the source that won; `undefined` when there is none. */
  whoami(registry: string): Promise<{ username: string | null; source: string } | undefined>
}

/** Where a login is kept now, and what the registry said. */
export interface LoginResult {
  store: string
  /** False when the registry asks nobody to log in, so that nothing could be verified. */
  verified: boolean
  /** The token service on another host that the password goes to from now on, when the registry named one (T2). */
  realmHost?: string
}

export function createAccounts({
  credentials,
  pins,
  transport,
}: {
  credentials: Credentials
  pins: RealmPins
  transport: () => Promise<Transport>
}): Accounts {
  const show = async (registry: string, credential: Credential, signal: AbortSignal | undefined) => {
    const [{ verifyLogin }, { baseUrl, plain, tokenSend, trustedRealms }] = await Promise.all([
      import('../auth/login.ts'),
      transport(),
    ])
    return verifyLogin({
      registry,
      baseUrl: baseUrl(registry),
      credential,
      send: plain,
      tokenSend,
      trustedRealms: await trustedRealms(registry),
      signal,
    })
  }
  const explain = async (error: unknown, refused: Omit<RefusedLogin, 'send'>): Promise<never> => {
    const { explainRefusal } = await import('./login-refusal.ts')
    const { manage } = await transport()
    throw await explainRefusal(error, { ...refused, send: manage() })
  }
  return {
    async login(registry, credential, { store: kind = 'auto', verify = true, signal } = {}) {
      const verified: VerifiedLogin = verify
        ? await show(registry, credential, signal).catch(error => explain(error, { registry, credential, signal }))
        : { anonymous: true }
      const store = await credentials.storeFor(kind, registry)
      await store.set(registry, credential)
      const { realmHost } = verified
      if (realmHost) await pins.pin(registry, realmHost)
      return { store: store.name, verified: !verified.anonymous, ...(realmHost && { realmHost }) }
    },
    async logout(registry) {
      await pins.forget(registry)
      return credentials.forget(registry)
    },
    registries: () => credentials.registries(),
    async whoami(registry) {
      const found = await credentials.get(registry)
      return found && { username: usernameOf(found.credential), source: found.source }
    },
  }
}

/** A token has no user name of its own. */
function usernameOf(credential: Credential): string | null {
  return credential.kind === 'password' ? credential.username : null
}
