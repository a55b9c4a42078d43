import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { type FailureWords, RegctlError, wordsOf } from '../model/errors.ts'
import { formatPlace } from '../store/place.ts'
import { lookUp, resolvePlace } from '../store/resolve.ts'
import type { Place, Store } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { resultOf, secondsSince } from './copy.ts'
import { AllFailed, FanOut, type FanOutOptions } from './fan-out.ts'
import { checkDestination, copyCompanions } from './image.ts'
import type { CopyOptions } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { Companions } from './referrers.ts'
import { rehearsing } from './rehearse.ts'
import { type CopyCounts, type CopyResult, countCopy } from './result.ts'
import { openJournalOf, openShared } from './shared.ts'
import { walking } from './walk.ts'

/** A destination that could not be served, and why. */
export interface FailedDestination {
  destination: string
  error: FailureWords
}

/** What a copy to several destinations did; `requests.source` of each is what all together sent there. */
export interface CopyToManyResult {
  source: string
  destinations: (CopyResult | FailedDestination)[]
  /** What came along, to all or to those that lacked it. */
  referrers?: Companions
  digestTags?: Companions
}

interface Arm extends Branch {
  place: Place<Store>
  counts: CopyCounts
  /** Nothing is to be done there. */
  isUnchanged: boolean
}

/**
 * Copies an image to several destinations in one walk: each blob is read from the source once, for all that lack it. A destination that
 * fails does not stop the others and stands in the result with its error.
 * @throws RegctlError USAGE for a destination that is named twice, or what stopped all of them at once: a source that is not there
 */
export async function copyToMany(
  from: Place,
  places: readonly Place<Store>[],
  options: CopyOptions & FanOutOptions = {},
): Promise<CopyToManyResult> {
  const begun = performance.now()
  const names = places.map(formatPlace)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new RegctlError('USAGE', `${twice} is named twice as a destination`)
  const found = await resolvePlace(from, options)
  const image = await prepare(from.store, found, options)
  const root = image.root.descriptor
  const arms = await Promise.all(places.map(place => openArm(from, place, { root, options })))
  const companions = await copyAll(from, { image, arms }, options)
  options.signal?.throwIfAborted()
  await Promise.all(arms.map(arm => (arm.failure === undefined ? arm.journal?.end() : undefined)))
  return {
    source: formatPlace(from),
    destinations: arms.map(arm => reportOf(arm, { from, image, seconds: secondsSince(begun) })),
    ...companions,
  }
}

async function openArm(
  from: Place,
  place: Place<Store>,
  { root, options }: { root: Descriptor; options: CopyOptions },
): Promise<Arm> {
  const { counts, onEvent } = countCopy()
  const arm: Arm = {
    place,
    counts,
    store: options.dryRun ? rehearsing(place.store) : place.store,
    tag: isDigest(place.reference) ? undefined : place.reference,
    fresh: false,
    journal: undefined,
    tell: onEvent,
    has: new Set(),
    stop: new AbortController(),
    isUnchanged: false,
  }
  try {
    const existing = await lookUp(place.store, place.reference, options)
    checkDestination(place, { root, existing, options })
    arm.isUnchanged = existing?.digest === root.digest && !options.force
    if (arm.isUnchanged) {
      arm.has.add(root.digest)
      arm.tag = undefined
      onEvent({ type: 'done', content: root, outcome: 'skipped' })
    } else {
      arm.journal = await openJournalOf(from, place, options)
      arm.fresh = existing === undefined && !arm.journal?.goesOn
    }
  } catch (error) {
    arm.failure = error
  }
  return arm
}

async function copyAll(
  from: Place,
  { image, arms }: { image: Prepared; arms: readonly Arm[] },
  options: CopyOptions & FanOutOptions,
): Promise<Pick<CopyToManyResult, 'referrers' | 'digestTags'>> {
  const hasCompanions = options.referrers || options.digestTags
  const able = arms.filter(({ failure }) => failure === undefined)
  const branches = hasCompanions ? able : able.filter(({ isUnchanged }) => !isUnchanged)
  const root = image.root.descriptor
  const tell = options.onEvent ?? (() => {})
  tell({ type: 'found', content: root })
  if (branches.every(({ isUnchanged }) => isUnchanged)) tell({ type: 'done', content: root, outcome: 'skipped' })
  if (branches.length === 0) return {}
  const shared = await openShared(from, undefined, options)
  const to = new FanOut(branches, root.digest, { ...options, from: image.source })
  const route = {
    ...shared,
    from: image.source,
    to,
    // A blob waits for all its destinations: with more at once than a host takes requests they would wait for each other.
    smallLimit: shared.limit,
    tell,
    notify: options.notify,
    signal: options.signal,
    force: options.force ?? false,
    rateLimit: options.rateLimit,
    fresh: branches.every(({ fresh }) => fresh),
    journal: branches.find(({ journal }) => journal)?.journal,
    onChildren: (node: Descriptor, children: readonly Descriptor[]) => to.noteChildren(node, children),
  }
  try {
    return await walking(route, async walk => {
      // Each has a name of its own for it.
      if (branches.some(({ isUnchanged }) => !isUnchanged)) await walk.copyRoot(image.root, 'latest')
      return copyCompanions(walk, image, options)
    })
  } catch (error) {
    options.signal?.throwIfAborted()
    // Anything else came from the source, and is true for all.
    if (!(error instanceof AllFailed)) throw error
    return {}
  }
}

function reportOf(
  { place, counts, failure }: Arm,
  facts: { from: Place; image: Prepared; seconds: number },
): CopyResult | FailedDestination {
  if (failure === undefined) return resultOf({ ...facts, to: place, counts })
  if (!(failure instanceof RegctlError)) throw failure
  return { destination: formatPlace(place), error: wordsOf(failure) }
}
