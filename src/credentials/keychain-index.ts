import { editConfig, readConfig } from './config-file.ts'
import type { CredentialStore } from './credentials.ts'
import { section } from './entry.ts'
import { normalizeServer } from './hosts.ts'

/**
 * Puts a list of what the keychain holds, without any secret, in a file before it: `{"registries":{"ghcr.io":{}}}`.
 * What is not on the list is not asked for, so that an anonymous pull neither loads the keychain's library nor wakes D-Bus.
 */
export function indexedKeychain(keychain: CredentialStore, path: string): CredentialStore {
  const listed = async () => Object.keys(section(await readConfig(path), 'registries'))
  const unlist = (server: string) =>
    editConfig(path, config =>
      Object.hasOwn(section(config, 'registries'), server) ? [{ path: ['registries', server], value: undefined }] : [],
    )
  return {
    name: keychain.name,
    async get(registry) {
      return (await listed()).includes(normalizeServer(registry)) ? keychain.get(registry) : undefined
    },
    // Listed before stored and unlisted after removed: a crash between leaves a name without a secret, never a forgotten secret.
    async set(registry, credential) {
      await editConfig(path, () => [{ path: ['registries', normalizeServer(registry)], value: {} }])
      await keychain.set(registry, credential)
    },
    async delete(registry) {
      const server = normalizeServer(registry)
      if (!(await listed()).includes(server)) return false
      const removed = await keychain.delete(registry)
      await unlist(server)
      return removed
    },
    registries: listed,
  }
}
