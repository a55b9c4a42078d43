import { dirname, join } from 'node:path'
import type { Notify } from '../model/notice.ts'
import { authConfigSource } from './auth-config.ts'
import type { Credential, CredentialSource, CredentialStore } from './credentials.ts'
import { type DockerConfigOptions, dockerConfigStore } from './docker-config.ts'
import { normalizeServer } from './hosts.ts'
import { keychainStore } from './keychain.ts'
import { indexedKeychain } from './keychain-index.ts'
import { isKeychainUsable } from './keychain-probe.ts'
import { loginStores, type StoreKind } from './login-stores.ts'
import { forgetIn, type Places, placesInOrder, registriesIn } from './places.ts'

export interface CredentialSetup {
  /** Given for one registry each, by flags or variables; `source` is what `whoami` calls it. */
  explicit?: readonly { registry: string; credential: Credential; source: string }[]
  /** The text of `DOCKER_AUTH_CONFIG`. */
  authConfigJson?: string
  /** `--authfile` or `REGISTRY_AUTH_FILE`: read early, and where `login` writes. */
  authFile?: string
  /** Path of docker's `config.json`. */
  dockerConfig: string
  legacyDockerConfig?: string
  podmanFiles: readonly string[]
  /** PATH for credential helpers. */
  helperPath: string
  helperEnv?: Record<string, string | undefined>
  /** Default true. */
  useKeychain?: boolean
  /** The list of what regctl put in the keychain. Default `regctl-keychain.json` beside docker's `config.json`. */
  keychainIndex?: string
  /** For tests: the keychain, and whether it can be used. */
  keychain?: { store: CredentialStore; usable: () => Promise<string | undefined> }
}

export interface Credentials extends CredentialSource {
  /** Where `login` stores; `registry` lets `credHelpers` choose the helper. What it stores is what `get` finds next, older copies elsewhere are removed. */
  storeFor(kind: StoreKind, registry?: string): Promise<CredentialStore>
  /** Removes the registry, under every alias, from every store; the names of those that had it. @throws RegctlError PARTIAL after trying all. */
  forget(registry: string): Promise<string[]>
  /** Every registry something is stored for: for `logout --all`. */
  registries(): Promise<string[]>
}

/**
 * Every source in its order: explicit, DOCKER_AUTH_CONFIG, auth file, our keychain, docker config (helpers, then auths), Podman's files.
 * The keychain stands before the docker config because only `regctl login` writes to it, and a login to any other place removes what is there.
 */
export function createCredentials(setup: CredentialSetup, notify: Notify): Credentials {
  const { dockerConfig, helperPath, helperEnv, authFile } = setup
  const open = (path: string, more: Partial<DockerConfigOptions> = {}) =>
    dockerConfigStore({ helperPath, helperEnv, notify, ...more, path })
  const places: Places = {
    chosen: authFile === undefined ? undefined : open(authFile, { namespaces: true, label: 'auth file' }),
    keychain: setup.useKeychain === false ? undefined : keychainOf(setup),
    docker: open(dockerConfig, { legacyPath: setup.legacyDockerConfig }),
    // Podman's own chain ends in docker's file, which has had its turn.
    podman: setup.podmanFiles
      .filter(path => path !== dockerConfig)
      .map(path => open(path, { namespaces: true, label: 'podman' })),
  }
  const given = givenSources(setup)
  const sources: CredentialSource[] = [...given, ...placesInOrder(places)]

  return {
    async get(registry, repository) {
      for (const source of sources) {
        const found = await source.get(registry, repository)
        if (found) return found
      }
      return undefined
    },
    storeFor: loginStores({ places, given, usable: setup.keychain?.usable ?? isKeychainUsable, notify }),
    forget: registry => forgetIn(places, registry),
    registries: () => registriesIn(places, notify),
  }
}

/** What a person or a pipeline handed over for this run: nothing of it can be stored to or removed from. */
function givenSources({ explicit = [], authConfigJson }: CredentialSetup): CredentialSource[] {
  const bound = explicit.map(({ registry, credential, source }) => ({
    // Bound to its registry, so that a redirect, a mirror or the other end of a copy never gets it (T1).
    get: async (asked: string) =>
      normalizeServer(asked) === normalizeServer(registry) ? { credential, source } : undefined,
  }))
  return authConfigJson === undefined ? bound : [...bound, authConfigSource(authConfigJson)]
}

function keychainOf({ keychain, keychainIndex, dockerConfig }: CredentialSetup): CredentialStore {
  const index = keychainIndex ?? join(dirname(dockerConfig), 'regctl-keychain.json')
  return indexedKeychain(keychain?.store ?? keychainStore(), index)
}
