import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import type { CredentialSource, CredentialStore } from './credentials.ts'
import type { DockerConfigStore } from './docker-config.ts'
import type { Places } from './places.ts'

/** Where `login --store` may put a credential; `auto` is a configured helper, else the keychain, else the file. */
export type StoreKind = 'auto' | 'keychain' | 'helper' | 'file'

export interface LoginStores {
  places: Places
  /** What wins over every place, for a warning. */
  given: readonly CredentialSource[]
  /** `undefined` when the keychain can be used, else the reason. */
  usable: () => Promise<string | undefined>
  notify: Notify
}

/**
 * Chooses the store for a login. Its `set` makes the new credential the one that is found next: older copies in places that are asked earlier
 * are removed, and a notice SHADOWED names what cannot be.
 * @throws RegctlError CONFIG_INVALID when no helper is configured, UNSUPPORTED when the keychain cannot be used.
 */
export function loginStores({ places, given, usable, notify }: LoginStores) {
  const { chosen, keychain, docker } = places
  const file = chosen ?? docker
  let warned = false

  /** The keychain, or why not. */
  async function usableKeychain(): Promise<CredentialStore | string> {
    return keychain === undefined ? 'it is switched off' : ((await usable()) ?? keychain)
  }

  async function inHelper(registry: string | undefined): Promise<CredentialStore | undefined> {
    const helper = await file.helperFor(registry)
    return helper && winning(marked(helper, file), chosen ? [] : [keychain])
  }

  const inFile = () => winning(file, chosen ? [] : [keychain], file)
  const inKeychain = (store: CredentialStore) => winning(store, [chosen])

  function winning(
    store: CredentialStore,
    earlier: readonly (CredentialStore | undefined)[],
    helpersOf?: DockerConfigStore,
  ): CredentialStore {
    const removeOlder = async (registry: string) => {
      const older = [...earlier, await helpersOf?.helperFor(registry)].filter(place => place !== undefined)
      for (const place of older)
        await place.delete(registry).catch(() => {
          const message = `${place.name} is asked before ${store.name} and may still have another login for ${registry}`
          notify({ code: 'SHADOWED', message })
        })
      for (const source of given) {
        const found = await source.get(registry)
        if (found) notify({ code: 'SHADOWED', message: `${found.source} wins over what is stored for ${registry}` })
      }
    }
    return {
      ...store,
      async set(registry, credential) {
        await store.set(registry, credential)
        await removeOlder(registry)
      },
    }
  }

  return async function storeFor(kind: StoreKind, registry?: string): Promise<CredentialStore> {
    if (kind === 'file' || (kind === 'auto' && chosen)) return inFile()
    if (kind !== 'keychain') {
      const helper = await inHelper(registry)
      if (helper) return helper
      if (kind === 'helper')
        throw new RegctlError('CONFIG_INVALID', 'no credential helper is configured', {
          hint: 'set credsStore in the docker config, or use --store keychain',
        })
    }
    const store = await usableKeychain()
    if (typeof store !== 'string') return inKeychain(store)
    if (kind === 'keychain')
      throw new RegctlError('UNSUPPORTED', `the keychain cannot be used: ${store}`, { hint: 'use --store file' })
    if (!warned)
      notify({
        code: 'KEYCHAIN_UNAVAILABLE',
        message: `the keychain cannot be used (${store}); credentials are stored unencrypted in a file`,
      })
    warned = true
    return inFile()
  }
}

/** Docker's way: beside what a helper keeps stands `auths[host]={}`, and no older secret stays there in the clear. */
function marked(helper: CredentialStore, file: DockerConfigStore): CredentialStore {
  return {
    ...helper,
    async set(registry, credential) {
      await helper.set(registry, credential)
      await file.mark(registry)
    },
  }
}
