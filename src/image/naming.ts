import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { concernsOne, type FailureWords, isNotFound, wordsOf } from '../model/errors.ts'
import { streamInTurns } from '../model/in-turns.ts'
import type { Options, Source } from '../store/store.ts'
import { mayBeAsked } from './tags.ts'

/** A tag and what it names. */
export interface Naming {
  tag: string
  /** Absent when it could not be looked up. */
  names?: Descriptor
  /** Why it could not. */
  error?: FailureWords
}

/** How much is asked at once. */
export interface NamingOptions extends Options {
  /** Tags that are looked up at once. */
  jobs?: number | undefined
  /** Told after each tag how many were looked up so far. */
  onLookedUp?: ((count: number) => void) | undefined
}

/**
 * What each of these tags names, by HEAD, in their order and while the list still comes in. A tag that vanished meanwhile is left out,
 * and so is a name that is no tag and may not be asked for (T18).
 * @throws RegctlError for what speaks of the whole registry: UNREACHABLE, UNAUTHORIZED, RATE_LIMITED …
 */
export async function* resolveTags(
  source: Source,
  tags: AsyncIterable<string> | readonly string[],
  { jobs, signal, onLookedUp }: NamingOptions = {},
): AsyncGenerator<Naming> {
  const lookUp = async (tag: string): Promise<Naming | undefined> => {
    if (!mayBeAsked(source, tag)) return undefined
    try {
      return { tag, names: await source.resolve(tag, { signal }) }
    } catch (error) {
      if (isNotFound(error)) return undefined
      if (!concernsOne(error) || signal?.aborted) throw error
      return { tag, error: wordsOf(error) }
    }
  }
  let count = 0
  for await (const naming of streamInTurns(tags, lookUp, jobs)) {
    onLookedUp?.(++count)
    if (naming) yield naming
  }
}

/** Those that name this digest, and those of which it is not known because they could not be looked up. */
export async function* tagsNaming(namings: AsyncIterable<Naming>, digest: Digest): AsyncGenerator<Naming> {
  for await (const naming of namings) if (naming.error || naming.names?.digest === digest) yield naming
}
