import type { Digest } from '../model/digest.ts'
import type { Product } from '../model/product.ts'
import type { Options } from '../store/store.ts'

/** One repository of a registry; what the registry does not tell is absent. */
export interface RepositorySummary {
  /** Without the registry: `demo/app`. */
  name: string
  description?: string
  /** How many people marked it. */
  stars?: number
  pulls?: number
  /** `pulls` is rounded down: there were that many and more. */
  pullsAtLeast?: true
  /** One of Docker's official images. */
  official?: boolean
  /** Who stands behind it, where the product vouches for that. */
  publisher?: string
  /** Images in it, tagged or not; on Nexus, its tags. */
  artifacts?: number
  private?: boolean
  /** RFC 3339. */
  updated?: string
}

/** What a product's own interface knows of a tag; what it does not tell is absent. */
export interface TagDetails {
  name: string
  digest?: Digest
  mediaType?: string
  /** Bytes over all platforms, as the product counts. */
  size?: number
  /** `linux/arm64/v8`, without attestations. */
  platforms?: string[]
  /** When the image was made, RFC 3339. */
  created?: string
  /** When the tag was last pushed, RFC 3339. */
  pushed?: string
  /** When it was last pulled, RFC 3339; absent also when it never was. */
  pulled?: string
}

/** How many pulls are granted, to whom. */
export interface Limits {
  registry: string
  /** `null`: there is no limit. */
  limit: number | null
  remaining: number | null
  /** The time in which that many are granted. */
  windowSeconds: number | null
  /** What is counted by, as the registry says: an address, or the id of an account. */
  source: string | null
  /** The account that was counted; `null`: nobody, so the address is. */
  account: string | null
}

/** Which repositories are listed. */
export interface CatalogOptions extends Options {
  /** Only repositories below this path: `demo` has `demo/app`, and not `demos/app`. */
  prefix?: string | undefined
}

/** Which results, and how many. */
export interface SearchOptions extends Options {
  /** At most so many; 25 when absent. */
  limit?: number | undefined
  /** Only Docker's official images. */
  official?: boolean | undefined
}

/** What a registry can tell about the repositories it holds, by the protocol and by its product's own interface. */
export interface Catalog {
  readonly product: Product
  /** All of them, all pages, in the registry's order. @throws RegctlError UNSUPPORTED where there is no such list */
  repositories(options?: CatalogOptions): AsyncIterable<RepositorySummary>
  /** Repositories that have all the words, the best first where the product ranks them. @throws RegctlError UNSUPPORTED */
  search?(words: string, options?: SearchOptions): AsyncIterable<RepositorySummary>
  /** What the product's interface knows of a repository's tags, in its own order; some may be missing. */
  tags?(repository: string, options?: Options): AsyncIterable<TagDetails>
  /** Removes one tag by the product's interface, never its siblings. @throws RegctlError NOT_FOUND, DENIED, UNSUPPORTED */
  untag?(repository: string, tag: string, options?: Options): Promise<void>
  /** The pulls still granted, asked for without using one up. */
  limits?(options?: Options): Promise<Limits>
}

/** Whether a repository is, or is below, the prefix: `demo` and `demo/` have `demo/app`, and not `demos/app`. */
export function isBelow(name: string, prefix: string | undefined): boolean {
  const folder = prefix?.replace(/\/+$/, '') ?? ''
  return folder === '' || name === folder || name.startsWith(`${folder}/`)
}
