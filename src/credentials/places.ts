import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import type { CredentialStore } from './credentials.ts'
import type { DockerConfigStore } from './docker-config.ts'
import { normalizeServer } from './hosts.ts'

/** Where credentials are kept on this machine. */
export interface Places {
  /** `--authfile` or `REGISTRY_AUTH_FILE`. */
  chosen: DockerConfigStore | undefined
  keychain: CredentialStore | undefined
  docker: DockerConfigStore
  podman: readonly DockerConfigStore[]
}

/** In the order in which they are asked. */
export function placesInOrder({ chosen, keychain, docker, podman }: Places): CredentialStore[] {
  return [...(chosen ? [chosen] : []), ...(keychain ? [keychain] : []), docker, ...podman]
}

/** Removes a registry from every place and from the helpers these name; returns the names of what had it. @throws RegctlError PARTIAL */
export async function forgetIn(places: Places, registry: string): Promise<string[]> {
  const removed = new Set<string>()
  const failures: unknown[] = []
  const attempt = async (work: () => Promise<void>) => {
    // One broken helper must not keep the secret in all the others.
    await work().catch(error => failures.push(error))
  }
  const forget = (store: CredentialStore) =>
    attempt(async () => {
      if (await store.delete(registry)) removed.add(store.name)
    })
  for (const file of filesIn(places))
    await attempt(async () => {
      const helper = await file.helperFor(registry)
      if (helper) await forget(helper)
    })
  for (const place of placesInOrder(places)) await forget(place)
  if (failures.length > 0) throw partial(registry, [...removed], failures)
  return [...removed]
}

/** Every registry that some place, or a helper it names, has something for; a helper that cannot list is a notice. */
export async function registriesIn(places: Places, notify: Notify): Promise<string[]> {
  const helpers = await Promise.all(filesIn(places).map(file => file.helpers()))
  const byName = new Map(helpers.flat().map(helper => [helper.name, helper]))
  const listed = [...byName.values()].map(helper =>
    helper.registries().catch(error => {
      if (!(error instanceof RegctlError)) throw error
      notify({ code: 'HELPER_FAILED', message: error.message })
      return []
    }),
  )
  const all = await Promise.all([...placesInOrder(places).map(place => place.registries()), ...listed])
  return [...new Set(all.flat().map(normalizeServer))].sort()
}

const filesIn = ({ chosen, docker, podman }: Places) => [...(chosen ? [chosen] : []), docker, ...podman]

function partial(registry: string, removed: readonly string[], failures: readonly unknown[]): unknown {
  const [first] = failures
  if (removed.length === 0 && failures.length === 1) return first
  const reasons = failures.map(error => (error instanceof Error ? error.message : 'unknown')).join('; ')
  const from = removed.length > 0 ? `was removed from ${removed.join(', ')}, but not everywhere` : 'was not removed'
  return new RegctlError('PARTIAL', `${registry} ${from}: ${reasons}`)
}
