import { concernsOne, RegctlError } from '../model/errors.ts'
import { defaultJobs } from '../model/in-turns.ts'
import type { TagSelection } from '../model/tags.ts'
import { formatPlace } from '../store/place.ts'
import type { Place, Store } from '../store/store.ts'
import { factsOf, secondsSince } from './copy.ts'
import { copyImage } from './image.ts'
import { createLimit } from './limit.ts'
import { copyMemory } from './memory.ts'
import type { CopyOptions } from './options.ts'
import { type FailedTag, failedTag, type PlannedTag, planTags } from './plan.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { CopyResult } from './result.ts'
import { openShared, type Shared } from './shared.ts'
import { type CopyTotals, sumUp } from './totals.ts'

/** What became of one tag; requests are counted for all together. */
export type CopiedTag = Omit<CopyResult, 'requests' | 'rateLimit' | 'served'>

/** What a copy of many tags did, as `copy --tags --json` reports it; the images stand in the order of the source's list. */
export interface CopyTagsResult extends Pick<CopyResult, 'rateLimit' | 'served'> {
  source: string
  destination: string
  images: (CopiedTag | FailedTag)[]
  totals: CopyTotals
}

/**
 * Copies the chosen tags of a repository into another, side by side; what several images share moves once. A tag that fails does not stop
 * the others and stands in the result with its error; after what speaks of a whole registry no further image is begun.
 * @throws NotFoundError when no tag is what was asked for; RegctlError for what stops all before anything was copied
 */
export async function copyTags(
  from: Place,
  to: Place<Store>,
  { selection, ...options }: CopyOptions & { selection: TagSelection },
): Promise<CopyTagsResult> {
  const begun = performance.now()
  const source: Place = { ...from, reference: '' }
  const destination: Place<Store> = { ...to, reference: '' }
  const plan = await planTags(from.store, to.store, { selection, options })
  const shared: Shared = {
    ...(await openShared(source, destination, options)),
    memory: copyMemory(),
    isEmpty: plan.isEmpty,
    sourceTags: plan.sourceTags,
  }
  // Each image that is not there costs a pull at least: said before the first, and not before the last of them.
  shared.foresee(plan.groups.filter(group => group.some(isChanged)).length)
  const results = new Map<string, CopiedTag | FailedTag>(plan.failed.map(each => [each.reference, each]))
  const atOnce = createLimit(options.jobs ?? defaultJobs)
  let stop: unknown
  settled()
  await Promise.allSettled(plan.groups.map(group => atOnce(() => copyGroup(group))))
  options.signal?.throwIfAborted()
  if (stop !== undefined && !(stop instanceof RegctlError)) throw stop
  const images = plan.names.flatMap(name => results.get(name) ?? [])
  if (!images.some(image => 'error' in image)) await shared.journal?.end()
  const requests = { source: from.requests?.() ?? 0, destination: to.requests?.() ?? 0 }
  return {
    source: formatPlace(source),
    destination: formatPlace(destination),
    images,
    totals: { ...sumUp(images), requests, seconds: secondsSince(begun) },
    ...factsOf(from),
  }

  /** The first brings the content; for the others it is there. */
  async function copyGroup([first, ...others]: PlannedTag[]): Promise<void> {
    if (!first) return
    let image: Promise<Prepared> | undefined
    const prepared = () => {
      image ??= prepare(from.store, first.found, options)
      return image
    }
    const failure = await copyOne(first, prepared, options)
    // What is wrong with the image is wrong under each of its names; what a name stands for already is a matter of that name.
    const alike = failure instanceof RegctlError && failure.code === 'EXISTS' ? undefined : failure
    const own = { ...options, referrers: false, digestTags: false }
    await Promise.all(others.map(tag => (alike ? fail(tag, alike) : copyOne(tag, prepared, own))))
  }

  /** Gives back what it failed for. */
  async function copyOne(tag: PlannedTag, prepared: () => Promise<Prepared>, own: CopyOptions): Promise<unknown> {
    const { reference, existing } = tag
    const begun = performance.now()
    try {
      options.signal?.throwIfAborted()
      if (stop !== undefined) throw stop
      const image = await prepared()
      const counts = await copyImage(image, { place: { ...to, reference }, existing }, { shared, options: own })
      const { digest, mediaType } = image.root.descriptor
      const places = {
        source: formatPlace({ store: from.store, reference }),
        destination: formatPlace({ store: to.store, reference }),
      }
      const converted = image.convertedFrom && { convertedFrom: image.convertedFrom }
      results.set(reference, { ...places, digest, mediaType, ...counts, ...converted, seconds: secondsSince(begun) })
      settled()
      return undefined
    } catch (error) {
      if (!concernsOne(error)) stop ??= error
      fail(tag, error)
      return error
    }
  }

  function fail({ reference }: PlannedTag, error: unknown): void {
    if (error instanceof RegctlError) results.set(reference, failedTag(reference, error))
    settled()
  }

  function settled(): void {
    options.onEvent?.({ type: 'images', done: results.size, total: plan.names.length })
  }
}

function isChanged({ found, existing }: PlannedTag): boolean {
  return existing?.digest !== found.digest
}
