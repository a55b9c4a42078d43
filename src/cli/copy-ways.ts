import { copy } from '../copy/copy.ts'
import type { CopyOptions } from '../copy/options.ts'
import { RegctlError, wordsOf } from '../model/errors.ts'
import type { TagSelection } from '../model/tags.ts'
import type { AnyCopyResult } from '../output/copy-report.ts'
import type { Place, Store } from '../store/store.ts'
import { shortfallOf } from './shortfall.ts'

interface Request {
  from: Place
  to: readonly Place<Store>[]
  /** Many tags; one image where it is undefined. */
  selection: TagSelection | undefined
}

/** One image to one place or to several, or many tags to one; finished where that takes a last step. @throws RegctlError */
export async function copyAsAsked({ from, to, selection }: Request, options: CopyOptions): Promise<AnyCopyResult> {
  const [first, ...others] = to
  if (!first) throw new RegctlError('USAGE', 'a copy needs a destination')
  if (others.length > 0) return copyToAll(from, to, options)
  const result = selection
    ? await (await import('../copy/tags.ts')).copyTags(from, first, { ...options, selection })
    : await copy(from, first, options)
  if (!options.dryRun) await first.store.close?.()
  return result
}

/** An archive that cannot be finished has failed alone. */
async function copyToAll(from: Place, to: readonly Place<Store>[], options: CopyOptions): Promise<AnyCopyResult> {
  const { copyToMany } = await import('../copy/many.ts')
  const result = await copyToMany(from, to, options)
  if (options.dryRun) return result
  const destinations: typeof result.destinations = []
  for (const [at, each] of result.destinations.entries()) {
    try {
      if (!('error' in each)) await to[at]?.store.close?.()
      destinations.push(each)
    } catch (error) {
      if (!(error instanceof RegctlError)) throw error
      destinations.push({ destination: each.destination, error: wordsOf(error) })
    }
  }
  return { ...result, destinations }
}

/** Some of many were not copied: exit 8. */
export function missingOf(result: AnyCopyResult): RegctlError | undefined {
  if ('images' in result) {
    const failed = result.images.flatMap(image =>
      'error' in image ? [{ name: image.reference, message: image.error.message }] : [],
    )
    return shortfallOf({ failed, total: result.images.length, what: `tags of ${result.source}` })
  }
  if (!('destinations' in result)) return undefined
  const failed = result.destinations.flatMap(each =>
    'error' in each ? [{ name: each.destination, message: each.error.message }] : [],
  )
  return shortfallOf({ failed, total: result.destinations.length, what: `destinations of ${result.source}` })
}
