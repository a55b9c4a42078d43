import { isNotFound, RegctlError } from '../model/errors.ts'
import { isTag } from '../model/reference.ts'
import type { Options, Source } from '../store/store.ts'

/** A store's tags; none where there is no repository. `undefined` for a list that is longer than `most`, or not given to this account. */
export async function tagsUpTo(
  source: Source,
  most: number,
  { signal }: Options,
): Promise<ReadonlySet<string> | undefined> {
  const tags = new Set<string>()
  try {
    for await (const tag of source.tags({ signal })) {
      if (isTag(tag)) tags.add(tag)
      if (tags.size >= most) return undefined
    }
    return tags
  } catch (error) {
    if (isNotFound(error)) return tags
    if (!(error instanceof RegctlError) || signal?.aborted) throw error
    return undefined
  }
}

/** Names in a page of a registry's list, at best: to ask for one by HEAD is cheaper than that many pages. */
export const pageSize = 1000
