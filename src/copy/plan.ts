import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { concernsOne, type FailureWords, NotFoundError, type RegctlError } from '../model/errors.ts'
import { defaultJobs } from '../model/in-turns.ts'
import { isReferrersTag, isTag } from '../model/reference.ts'
import { selectTags, type TagSelection } from '../model/tags.ts'
import { lookUp } from '../store/resolve.ts'
import type { Options, Source, Store } from '../store/store.ts'
import { createLimit } from './limit.ts'
import type { CopyOptions } from './options.ts'
import { pageSize, tagsUpTo } from './tag-list.ts'

/** A tag that could not be copied, and why. */
export interface FailedTag {
  reference: string
  error: FailureWords
}

/** What a tag names at both sides. */
export interface PlannedTag {
  reference: string
  found: Descriptor
  existing: Descriptor | undefined
}

/** Tags that name the same at the source stand in one group; all in the order of the list. */
export interface Plan {
  groups: PlannedTag[][]
  failed: FailedTag[]
  /** What was chosen. */
  names: readonly string[]
  /** All that the source has. */
  sourceTags: ReadonlySet<string>
  /** The destination has no tags. */
  isEmpty: boolean
}

/**
 * The tags to copy, and what each names at both sides: a list and a HEAD a tag at the source, the same at the destination, where what
 * its list does not have is not asked for. Nothing is changed.
 * @throws NotFoundError when no tag is what was asked for; RegctlError for what speaks of a whole registry
 */
export async function planTags(
  from: Source,
  to: Store,
  { selection, options }: { selection: TagSelection; options: CopyOptions },
): Promise<Plan> {
  const sourceTags = await tagsOf(from, options)
  const names = chooseTags(from, sourceTags, { selection, options })
  const there = await tagsUpTo(to, names.length * pageSize, options)
  const limit = createLimit(2 * (options.jobs ?? defaultJobs))
  const failed: FailedTag[] = []
  const planned = await Promise.all(names.map(reference => limit(() => planTag(reference))))
  const groups = new Map<Digest, PlannedTag[]>()
  for (const tag of planned) {
    if (tag) groups.set(tag.found.digest, [...(groups.get(tag.found.digest) ?? []), tag])
  }
  return { groups: [...groups.values()], failed, names, sourceTags, isEmpty: there?.size === 0 }

  async function planTag(reference: string): Promise<PlannedTag | undefined> {
    // A list may be older than the tag, which matters only where nothing may be overwritten.
    const mayExist = options.noClobber || (there?.has(reference) ?? true)
    try {
      const [found, existing] = await Promise.all([
        from.resolve(reference, options),
        mayExist ? lookUp(to, reference, options) : undefined,
      ])
      return { reference, found, existing }
    } catch (error) {
      if (!concernsOne(error)) throw error
      failed.push(failedTag(reference, error))
      return undefined
    }
  }
}

export function failedTag(reference: string, { code, message }: RegctlError): FailedTag {
  return { reference, error: { code, message } }
}

async function tagsOf(from: Source, { signal }: Options): Promise<ReadonlySet<string>> {
  const tags = new Set<string>()
  for await (const tag of from.tags({ signal })) if (isTag(tag)) tags.add(tag)
  return tags
}

function chooseTags(
  from: Source,
  tags: ReadonlySet<string>,
  { selection, options }: { selection: TagSelection; options: CopyOptions },
): readonly string[] {
  const names = selectTags(
    [...tags].filter(tag => !(options.referrers && isReferrersTag(tag))),
    selection,
  )
  if (names.length > 0) return names
  throw new NotFoundError(`no tag of ${from.location} is one that was asked for`, {
    hint: tags.size === 0 ? 'it has no tags' : `it has ${tags.size}: regctl tags shows them`,
  })
}
