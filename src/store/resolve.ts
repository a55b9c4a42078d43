import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isNotFound, NotFoundError } from '../model/errors.ts'
import { listSome, nearestTags } from '../model/nearest.ts'
import { isTag } from '../model/reference.ts'
import type { Options, Place, Source } from './store.ts'

/** Tags looked through for the one that was meant. */
const looked = 2000

/**
 * What a place names.
 * @throws NotFoundError whose hint names the nearest tags, or some, where a tag is missing; that says so where the whole repository is
 */
export async function resolvePlace({ store, reference }: Place, options: Options = {}): Promise<Descriptor> {
  try {
    return await store.resolve(reference, options)
  } catch (error) {
    if (!isNotFound(error) || error.hint !== undefined || reference === '' || isDigest(reference)) throw error
    const hint = hintFrom(reference, await someTags(store, options))
    throw hint === undefined ? error : new NotFoundError(error.message, { hint, cause: error })
  }
}

/** What a name stands for; `undefined` where there is nothing yet, or any more. */
export async function lookUp(store: Source, reference: string, options: Options = {}): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(reference, options)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function hintFrom(reference: string, tags: readonly string[]): string | undefined {
  const near = nearestTags(reference, tags, 3)
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`
  if (tags.length === 0) return undefined
  if (tags.length < looked) return `its tags are ${listSome(tags)}`
  return `its tags are ${tags.slice(0, 3).join(', ')} and many more`
}

/** @throws NotFoundError where there is no repository */
async function someTags(store: Place['store'], options: Options): Promise<string[]> {
  const tags: string[] = []
  try {
    for await (const tag of store.tags(options)) {
      if (isTag(tag)) tags.push(tag)
      if (tags.length >= looked) break
    }
  } catch (error) {
    // A repository that is missing explains more than its tag; any other failure is told by the first one.
    if (isNotFound(error)) throw error
  }
  return tags
}
