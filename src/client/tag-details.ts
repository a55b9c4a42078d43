import type { Catalog, TagDetails } from '../catalog/catalog.ts'
import { describeTags, type TagSummary } from '../image/tags.ts'
import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import type { Options, Source } from '../store/store.ts'

/** What has to be known of each tag. */
export interface TagDetailOptions extends Options {
  /** `created` is wanted of every tag; not every product tells it. */
  created?: boolean | undefined
}

/** Whom to ask before the manifests. */
interface ProductPlace {
  /** `demo/app`. */
  repository: string
  /** Asked for when it is needed. */
  catalog: () => Promise<Catalog>
  notify: Notify
}

/** Tags of a product's list that are looked through at most, however many of ours are still missing. */
const leastListed = 500
/** A tag that is read by its manifests takes about so many requests as a page of this length is worth. */
const listedForEach = 5

/**
 * What each tag names, in the order of the names: from the product's own interface in few requests, where it has one, and what is
 * missing there from the manifests.
 * @throws as `describeTags`
 */
export async function detailTags(
  source: Source,
  names: readonly string[],
  { product, created = false, signal }: TagDetailOptions & { product?: ProductPlace | undefined },
): Promise<TagSummary[]> {
  const known =
    product && names.length > 0 ? await detailsOf(product, names, { signal }) : new Map<string, TagDetails>()
  const missing = names.filter(name => !isEnough(known.get(name), created))
  const described = new Map((await describeTags(source, missing, { signal })).map(summary => [summary.name, summary]))
  return names.map(name => joined(name, known.get(name), described.get(name)))
}

/** Where both speak, the manifest does; of a tag that moved meanwhile nothing older is told beside it. */
function joined(name: string, details: TagDetails | undefined, described: TagSummary | undefined): TagSummary {
  const moved = details?.digest !== undefined && described?.digest !== undefined && details.digest !== described.digest
  const { pushed, pulled } = details ?? {}
  if (moved) return { ...described, name, ...(pulled !== undefined && { pulled }) }
  return {
    name,
    ...details,
    ...described,
    ...(pushed !== undefined && { pushed }),
    ...(pulled !== undefined && { pulled }),
  }
}

function isEnough(details: TagDetails | undefined, created: boolean): boolean {
  if (details?.digest === undefined || details.size === undefined || details.platforms === undefined) return false
  return !created || details.created !== undefined
}

/** By name; what the product refuses to tell is left to the manifests, with a notice. */
async function detailsOf(
  { repository, catalog, notify }: ProductPlace,
  names: readonly string[],
  { signal }: Options,
): Promise<Map<string, TagDetails>> {
  const known = new Map<string, TagDetails>()
  const wanted = new Set(names)
  try {
    const list = (await catalog()).tags?.(repository, { signal })
    let left = leastListed + listedForEach * names.length
    for await (const tag of list ?? []) {
      if (wanted.delete(tag.name)) known.set(tag.name, tag)
      if (wanted.size === 0 || --left <= 0) break
    }
  } catch (error) {
    if (!(error instanceof RegctlError) || signal?.aborted || error.code === 'RATE_LIMITED') throw error
    notify({ code: 'TAG_DETAILS_MISSING', message: `${error.message}; reading the manifests instead` })
  }
  return known
}
