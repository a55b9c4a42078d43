import type { Descriptor } from '../model/descriptor.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'

/** The repositories of a registry, each a Store. Names are checked by the grammar before they come here. */
export interface Repositories {
  /** `undefined`: nothing was ever pushed there. */
  open(name: string): Promise<Store | undefined>
  /** The repository, whether it is there yet or not. */
  create(name: string): Promise<Store>
  /** In lexical order. */
  names(): AsyncIterable<string>
  /** Where uploads that have begun outlive a restart; absent where nothing does. */
  readonly spoolDir?: string | undefined
  /** Shares a blob's bytes between two repositories. `false`: cannot here, push them instead. */
  share?(blob: Descriptor, from: string, to: string): Promise<boolean>
}

/** Repositories that are gone with the process. */
export function memoryRepositories(): Repositories {
  const stores = new Map<string, Store>()
  return {
    open: async name => stores.get(name),
    async create(name) {
      const store = stores.get(name) ?? memoryStore(name)
      stores.set(name, store)
      return store
    },
    async *names() {
      yield* [...stores.keys()].sort()
    },
  }
}
