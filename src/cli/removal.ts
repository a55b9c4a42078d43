import type { Naming, NamingOptions } from '../image/naming.ts'
import { type Doomed, planRemoval, type RemovalPlan } from '../image/removal-plan.ts'
import { type Removed, type RemoveOptions, removeManifests } from '../image/remove.ts'
import type { UntagWay } from '../image/untag.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import type { Progress } from '../output/progress.ts'
import type { Style } from '../output/style.ts'
import { formatPlace } from '../store/place.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'
import { consent } from './consent.ts'

/** What `delete` and `manifest delete` report. */
export interface Deletion {
  repository: string
  /** Removed, each with the tags that went with it; with `dryRun` what would be removed. */
  manifests: Doomed[]
  /** All tags that are gone. */
  tags: string[]
  dryRun?: true
  kept?: RemovalPlan['kept']
  unread?: Naming[]
  failed?: (Partial<Removed['failed'][number]> & Pick<Removed['failed'][number], 'tags' | 'error'>)[]
  /** How a single tag was removed. */
  way?: UntagWay
  /** With `--ignore-missing`: what was not there. */
  missing?: string
}

/** What a deletion needs of the command it serves. */
export interface DeletionSurroundings extends Options {
  style: Style
  progress: Progress
}

export interface DeletionFlags {
  yes?: boolean
  'ignore-missing'?: boolean
  jobs?: number | undefined
}

/** Removes what a place names, by its digest, after somebody who saw what goes with it agreed. */
export async function deleteImage(
  place: Place<Store>,
  flags: DeletionFlags,
  { style, progress, signal }: DeletionSurroundings,
): Promise<Deletion> {
  const { store } = place
  const options = { jobs: flags.jobs, signal, ...told(progress) }
  return orMissing(place, flags, async () => {
    const target = await resolvePlace(place, options)
    const plan = await planRemoval(store, target, options)
    if (!flags.yes) {
      progress.stop()
      await askFor(plan, formatPlace({ store, reference: target.digest }), { style, signal })
    }
    const result = await removeManifests(store, plan.manifests, { ...options, ignoreMissing: flags['ignore-missing'] })
    await store.close?.()
    return deletionOf(store, { ...plan, ...result })
  })
}

/** Has the progress show tags as they are looked up, and manifests as they go. */
export function told({ onEvent }: Progress): Pick<NamingOptions, 'onLookedUp'> & Pick<RemoveOptions, 'onRemoved'> {
  return {
    onLookedUp: count => onEvent({ type: 'tags', count }),
    onRemoved: (done, total) => onEvent({ type: 'images', done, total }),
  }
}

/** A report of what was removed, or of what would be. */
export function deletionOf(store: Store, plan: RemovalPlan & Partial<Removed>): Deletion {
  const { manifests, kept, unread, failed = [] } = plan
  return {
    repository: store.location,
    manifests,
    tags: manifests.flatMap(({ tags }) => tags),
    ...(kept.length > 0 && { kept }),
    ...(unread.length > 0 && { unread }),
    ...(failed.length > 0 && { failed }),
  }
}

/** With `--ignore-missing`, what is not there is no failure. */
export async function orMissing(
  place: Place<Store>,
  flags: DeletionFlags,
  work: () => Promise<Deletion>,
): Promise<Deletion> {
  try {
    return await work()
  } catch (error) {
    if (!flags['ignore-missing'] || !isNotFound(error)) throw error
    return { repository: place.store.location, manifests: [], tags: [], missing: formatPlace(place) }
  }
}

/** Exit 8 where some of many could not be removed. */
export function deletionShortfall({ repository, manifests, tags, failed = [] }: Deletion): RegctlError | undefined {
  const [first] = failed
  if (!first) return undefined
  const names = listSome(failed.flatMap(each => (each.tags.length > 0 ? each.tags : [each.digest ?? ''])))
  const done = manifests.length || tags.length
  return new RegctlError('PARTIAL', `${failed.length} of ${failed.length + done} in ${repository} stay: ${names}`, {
    hint: first.error.message,
  })
}

async function askFor(plan: RemovalPlan, name: string, { style, signal }: Options & { style: Style }): Promise<void> {
  const { planPage } = await import('../output/removal-page.ts')
  const tags = plan.manifests.flatMap(each => each.tags)
  const along =
    tags.length === 0
      ? 'has no tag'
      : `would take along ${tags.length === 1 ? 'the tag' : `${tags.length} tags:`} ${listSome(tags, 100)}`
  await consent({
    page: planPage(plan, style),
    sentence: `${name} ${along}`,
    question: tags.length > 1 ? `Delete it with its ${tags.length} tags?` : 'Delete it?',
    signal,
  })
}
