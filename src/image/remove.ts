import { concernsOne, type FailureWords, isNotFound, RegctlError, wordsOf } from '../model/errors.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { isIndexType } from '../model/media-types.ts'
import { RegistryError } from '../registry/errors.ts'
import type { Options, Store } from '../store/store.ts'
import type { Doomed } from './removal-plan.ts'

/** How much is removed at once, and whether what is missing is a failure. */
export interface RemoveOptions extends Options {
  jobs?: number | undefined
  /** What is gone already counts as removed. */
  ignoreMissing?: boolean | undefined
  /** Told after each manifest how many of all are done. */
  onRemoved?: ((done: number, total: number) => void) | undefined
}

/** What is gone, and what could not be removed, with the reason. */
export interface Removed {
  manifests: Doomed[]
  failed: (Doomed & { error: FailureWords })[]
}

/**
 * Removes manifests by their digest, indexes before what they list: some registries keep a child as long as an index needs it.
 * One that fails does not stop the others, unless it speaks of all of them. @throws RegctlError when not one was removed
 */
export async function removeManifests(
  store: Store,
  manifests: readonly Doomed[],
  options: RemoveOptions = {},
): Promise<Removed> {
  const result: Removed = { manifests: [], failed: [] }
  let first: RegctlError | undefined
  let last: RegctlError | undefined
  const remove = async (doomed: Doomed) => {
    const error = last ?? (await attempt(store, doomed, options))
    if (!error) result.manifests.push(doomed)
    else {
      first ??= error
      if (endsAll(error)) last ??= error
      result.failed.push({ ...doomed, error: wordsOf(error) })
    }
    options.onRemoved?.(result.manifests.length + result.failed.length, manifests.length)
  }
  const [indexes, images] = [true, false].map(index => manifests.filter(each => isIndexType(each.mediaType) === index))
  await mapInTurns(indexes ?? [], remove, options.jobs)
  await mapInTurns(images ?? [], remove, options.jobs)
  if (first && result.manifests.length === 0) throw first
  return result
}

async function attempt(
  store: Store,
  doomed: Doomed,
  { ignoreMissing, signal }: RemoveOptions,
): Promise<RegctlError | undefined> {
  try {
    await store.delete(doomed, { signal }).catch(async error => {
      if (!wantsNoTags(error)) throw error
      // All of these were to go with it anyway, but for one that has moved since (T28).
      for (const tag of doomed.tags)
        if (await isNamedBy(tag, store, doomed, { signal })) await store.untag(tag, { signal })
      await store.delete(doomed, { signal })
    })
    return undefined
  } catch (error) {
    if (!(error instanceof RegctlError) || signal?.aborted) throw error
    return ignoreMissing && isNotFound(error) ? undefined : error
  }
}

async function isNamedBy(tag: string, store: Store, { digest }: Doomed, options: Options): Promise<boolean> {
  try {
    return (await store.resolve(tag, options)).digest === digest
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Google's registries remove a manifest only when no tag names it any more. */
function wantsNoTags(error: unknown): boolean {
  return error instanceof RegistryError && error.registryCodes.includes('GOOGLE_MANIFEST_DANGLING_TAG')
}

/** A registry that does not remove this one removes none. */
function endsAll(error: RegctlError): boolean {
  return error.code === 'UNSUPPORTED' || error.code === 'DENIED' || !concernsOne(error)
}
