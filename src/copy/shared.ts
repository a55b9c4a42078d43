import { defaultJobs } from '../model/in-turns.ts'
import { formatPlace } from '../store/place.ts'
import type { Place } from '../store/store.ts'
import { type Foresee, foreseeQuota } from './foresee.ts'
import type { Journal } from './journal.ts'
import { createLimit, type Limit } from './limit.ts'
import type { CopyMemory } from './memory.ts'
import type { CopyOptions } from './options.ts'

/** What the copies of one run have in common. */
export interface Shared {
  limit: Limit
  smallLimit: Limit
  foresee: Foresee
  journal?: Journal | undefined
  memory?: CopyMemory | undefined
  /** The destination had no tags at all, or had some; where nobody knows, a name that is not there stands for it. */
  isEmpty?: boolean | undefined
  /** The tags of the source, where they were listed. */
  sourceTags?: ReadonlySet<string> | undefined
}

export async function openShared(from: Place, to: Place | undefined, options: CopyOptions): Promise<Shared> {
  const { jobs, notify } = options
  return {
    limit: createLimit(jobs ?? defaultJobs),
    smallLimit: createLimit(jobs ?? 2 * defaultJobs),
    foresee: foreseeQuota(from, notify),
    journal: to && (await openJournalOf(from, to, options)),
  }
}

/** Where this copy left a journal, or is to leave one; none without a folder, and none for a rehearsal. */
export async function openJournalOf(
  from: Place,
  to: Place,
  { journals, dryRun }: CopyOptions,
): Promise<Journal | undefined> {
  if (journals === undefined || dryRun) return undefined
  const { openJournal } = await import('./journal.ts')
  return openJournal(journals, { source: formatPlace(from), destination: formatPlace(to) })
}
