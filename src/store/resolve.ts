import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isNotFound, NotFoundError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { Options, Place } from './store.ts'

/** Tags looked through for the one that was meant. */
const looked = 2000

/** What a place names. @throws NotFoundError whose hint names the nearest tags, where a tag was mistyped */
export async function resolvePlace({ store, reference }: Place, options: Options = {}): Promise<Descriptor> {
  try {
    return await store.resolve(reference, options)
  } catch (error) {
    if (!isNotFound(error) || error.hint !== undefined || reference === '' || isDigest(reference)) throw error
    const near = nearest(reference, await someTags(store, options), 3)
    if (near.length === 0) throw error
    throw new NotFoundError(error.message, { hint: `did you mean ${near.join(' or ')}?`, cause: error })
  }
}

async function someTags(store: Place['store'], options: Options): Promise<string[]> {
  const tags: string[] = []
  try {
    for await (const tag of store.tags(options)) if (tags.push(tag) >= looked) break
  } catch {
    // The first failure is the one to tell.
  }
  return tags
}
