import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isNotFound, NotFoundError, RegctlError } from '../model/errors.ts'
import { listSome, nearestTags } from '../model/nearest.ts'
import { isTag } from '../model/reference.ts'
import { formatPlace } from './place.ts'
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

/**
 * The same place under the name that is moved when its image changes: where none was typed, that of the one image of a layout, and `latest` where that has none.
 * @throws NotFoundError where there is no image; RegctlError USAGE where it has several names
 */
export async function namedPlace<P extends Place>(place: P, options: Options = {}): Promise<P> {
  const { store, reference } = place
  if (reference !== '') return place
  const { digest } = await resolvePlace(place, options)
  const names: string[] = []
  for await (const name of store.tags(options)) {
    if ((await lookUp(store, name, options))?.digest === digest) names.push(name)
  }
  const [name = 'latest', ...others] = names
  if (others.length === 0 || names.includes('latest')) return { ...place, reference: others.length ? 'latest' : name }
  throw new RegctlError(
    'USAGE',
    `the image of ${store.location} has ${names.length} names, and one of them is to move`,
    {
      hint: `name it: ${names
        .slice(0, 3)
        .map(each => formatPlace({ store, reference: each }))
        .join(' or ')}`,
    },
  )
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
