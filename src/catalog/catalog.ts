import type { Options } from '../store/store.ts'

/** One repository of a registry. */
export interface RepositorySummary {
  /** Without the registry: `demo/app`. */
  name: string
}

export interface CatalogOptions extends Options {
  /** Only repositories below this path: `demo` has `demo/app`, and not `demos/app`. */
  prefix?: string | undefined
}

/** What a registry can tell about the repositories it holds. */
export interface Catalog {
  /** All of them, all pages, in the registry's order. @throws RegctlError UNSUPPORTED where there is no such list */
  repositories(options?: CatalogOptions): AsyncIterable<RepositorySummary>
  /** Removes one tag of a repository (`demo/app`) and leaves its siblings, where the product can and the protocol's way is refused. */
  untag?(repository: string, tag: string, options?: Options): Promise<void>
}
