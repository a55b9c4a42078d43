import { concernsOne, type FailureWords, RegctlError } from '../model/errors.ts'
import { isWanted } from '../model/tags.ts'
import type { Store } from '../store/store.ts'
import { mayBeAsked } from './tags.ts'
import { type UntagOptions, untag } from './untag.ts'

/** As for one tag, and whether anything is removed at all. */
export interface UntagMatchingOptions extends UntagOptions {
  /** Only say which. */
  dryRun?: boolean | undefined
}

/** Which tags are gone, and which could not be removed. */
export interface Untagged {
  /** Those that are gone, or with `dryRun` would be. */
  tags: string[]
  failed?: { tags: string[]; error: FailureWords }[]
}

/** Removes every tag that matches, one by one, and leaves what they name. @throws RegctlError when not one could be removed */
export async function untagMatching(
  store: Store,
  { filter, exclude = [] }: { filter: readonly string[]; exclude?: readonly string[] | undefined },
  { dryRun, ...options }: UntagMatchingOptions,
): Promise<Untagged> {
  const wanted = isWanted({ filter, exclude, hasImageNames: store.hasImageNames })
  const matching: string[] = []
  for await (const tag of store.tags(options)) if (mayBeAsked(store, tag) && wanted(tag)) matching.push(tag)
  if (dryRun) return { tags: matching }
  const tags: string[] = []
  const failed: Untagged['failed'] = []
  for (const [at, tag] of matching.entries()) {
    try {
      await untag({ store, reference: tag }, options)
      tags.push(tag)
    } catch (error) {
      if (!(error instanceof RegctlError) || options.signal?.aborted) throw error
      const { code, message } = error
      const endsAll = code === 'UNSUPPORTED' || !concernsOne(error)
      if (tags.length === 0 && endsAll) throw error
      // Somebody else removed it meanwhile: it is gone, as was asked.
      if (code === 'NOT_FOUND') tags.push(tag)
      else failed.push({ tags: endsAll ? matching.slice(at) : [tag], error: { code, message } })
      if (endsAll) break
    }
  }
  return { tags, ...(failed.length > 0 && { failed }) }
}
