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
    push: async (target, _open, { signal } = {}) => ((await store.stat(target, { signal })) ? 'present' : 'pushed'),
    untag: async () => {},
    delete: async () => {},
  }
}
