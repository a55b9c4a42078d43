import type { Descriptor } from '../model/descriptor.ts'
import { isLocal } from '../model/location.ts'
import { isManifestType } from '../model/media-types.ts'
import type { Store } from '../store/store.ts'

/** A destination that only says what it would do: `copy --dry-run` is a copy to this. */
export function rehearsing(store: Store): Store {
  return {
    location: store.location,
    resolve: (reference, options) => store.resolve(reference, options),
    stat: (target, options) => store.stat(target, options),
    fetch: (target, options) => store.fetch(target, options),
    tags: options => store.tags(options),
    referrers: (subject, options) => store.referrers(subject, options),
    push: async (target, _open, { mountFrom, signal } = {}) => {
      if (await store.stat(target, { signal })) return 'present'
      return isMounted(target, mountFrom, store.location) ? 'mounted' : 'pushed'
    },
    admit: manifest => store.admit?.(manifest),
    untag: async () => {},
    delete: async () => {},
  }
}

/** As a registry mounts: blobs alone, from another repository of its own. */
function isMounted({ mediaType }: Descriptor, from: string | undefined, to: string): boolean {
  if (from === undefined || from === to || isManifestType(mediaType)) return false
  const registry = registryOf(from)
  return registry !== undefined && registry === registryOf(to)
}

/** `docker.io` of `docker.io/library/nginx`; undefined for a layout or memory. */
export function registryOf(location: string): string | undefined {
  return isLocal(location) ? undefined : /^([^/]+)\/./.exec(location)?.[1]
}
