import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { MismatchError, RegctlError } from '../model/errors.ts'
import { formatPlace } from '../store/place.ts'
import type { Place, Store } from '../store/store.ts'
import { copyDigestTags, type DigestTagOptions } from './digest-tags.ts'
import type { OnCopyEvent } from './events.ts'
import type { CopyOptions } from './options.ts'
import type { Prepared } from './prepare.ts'
import { copyReferrers } from './referrers.ts'
import { rehearsing } from './rehearse.ts'
import { type CopyCounts, countCopy } from './result.ts'
import type { Route } from './route.ts'
import type { Shared } from './shared.ts'
import { manifestsOf } from './subjects.ts'
import { type Walk, walking } from './walk.ts'

export interface Target {
  place: Place<Store>
  /** What the name names there now. */
  existing: Descriptor | undefined
}

/** One image to one place, with what belongs to it; the counts say what was done. @throws RegctlError EXISTS, MismatchError */
export async function copyImage(
  image: Prepared,
  { place, existing }: Target,
  { shared, options }: { shared: Shared; options: CopyOptions },
): Promise<CopyCounts> {
  const root = image.root.descriptor
  checkDestination(place, { root, existing, options })
  const { counts, onEvent } = countCopy()
  const tell: OnCopyEvent = event => {
    onEvent(event)
    options.onEvent?.(event)
  }
  tell({ type: 'found', content: root })
  const isUnchanged = existing?.digest === root.digest && !options.force
  if (isUnchanged) tell({ type: 'done', content: root, outcome: 'skipped' })
  else if (!image.isNew) shared.foresee(1)
  if (isUnchanged && !options.referrers && !options.digestTags) return counts
  const route: Route = {
    ...shared,
    from: image.source,
    to: options.dryRun ? rehearsing(place.store) : place.store,
    tell,
    notify: options.notify,
    signal: options.signal,
    force: options.force ?? false,
    rateLimit: options.rateLimit,
    fresh: (shared.isEmpty ?? existing === undefined) && !shared.journal?.goesOn,
  }
  return walking(route, async walk => {
    if (!isUnchanged) await walk.copyRoot(image.root, isDigest(place.reference) ? undefined : place.reference)
    return { ...counts, ...(await copyCompanions(walk, image, { ...options, tags: shared.sourceTags })) }
  })
}

/** What was asked to come along, after the image itself. */
export async function copyCompanions(
  walk: Walk,
  { root, isNew }: Prepared,
  options: CopyOptions & DigestTagOptions,
): Promise<Partial<CopyCounts>> {
  if (!options.referrers && !options.digestTags) return {}
  const manifests = await manifestsOf(walk, root.descriptor)
  // Nothing refers to an index that was just written.
  const subjects = isNew ? manifests.slice(1) : manifests
  const referrers = options.referrers && (await copyReferrers(walk, subjects, options.artifactTypes))
  const digestTags = options.digestTags && (await copyDigestTags(walk, subjects, options))
  return { ...(referrers && { referrers }), ...(digestTags && { digestTags }) }
}

/** @throws MismatchError for a digest that is another; RegctlError EXISTS */
export function checkDestination(
  to: Place<Store>,
  { root, existing, options }: { root: Descriptor; existing: Descriptor | undefined; options: CopyOptions },
): void {
  if (isDigest(to.reference) && to.reference !== root.digest) {
    throw new MismatchError(`${formatPlace(to)} cannot hold ${root.digest}`, {
      hint: 'name the destination by a tag',
    })
  }
  if (options.noClobber && existing && existing.digest !== root.digest) {
    throw new RegctlError('EXISTS', `${formatPlace(to)} names ${existing.digest} already`, {
      hint: 'without --no-clobber the tag would be moved',
    })
  }
}
