import type { CredentialSource } from './credentials.ts'
import { type DockerConfigOptions, dockerConfigStore } from './docker-config.ts'

/**
 * Podman's chain of `auth.json` files, first find wins: keys `host/ns/repo`, `host/ns`, `host`, then `credHelpers` by host.
 * @throws RegctlError CONFIG_INVALID for a corrupt file that has to be asked; what a helper throws.
 */
export function podmanSource(
  files: readonly string[],
  options: Omit<DockerConfigOptions, 'path' | 'legacyPath' | 'namespaces' | 'label'> = {},
): CredentialSource {
  const stores = files.map(path => dockerConfigStore({ ...options, path, namespaces: true, label: 'podman' }))
  return {
    async get(registry, repository) {
      for (const store of stores) {
        const found = await store.get(registry, repository)
        if (found) return found
      }
      return undefined
    },
  }
}
