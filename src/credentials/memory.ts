import type { Credential, CredentialStore } from './credentials.ts'
import { normalizeServer } from './hosts.ts'

/** Credentials in memory, each bound to exactly one registry (T1): for tests and for what was given explicitly. */
export function memoryStore(source = 'memory'): CredentialStore {
  const kept = new Map<string, Credential>()
  return {
    name: 'memory',
    async get(registry) {
      const credential = kept.get(normalizeServer(registry))
      return credential && { credential, source }
    },
    async set(registry, credential) {
      kept.set(normalizeServer(registry), credential)
    },
    async delete(registry) {
      return kept.delete(normalizeServer(registry))
    },
    async registries() {
      return [...kept.keys()]
    },
  }
}
