import type { Descriptor } from '../model/descriptor.ts'
import { defaultJobs } from '../model/in-turns.ts'
import { formatPlace } from '../store/place.ts'
import { lookUp, resolvePlace } from '../store/resolve.ts'
import type { Place, Source, Store } from '../store/store.ts'
import { copyImage } from './image.ts'
import type { CopyOptions } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { CopyCounts, CopyResult } from './result.ts'
import { openShared } from './shared.ts'

/**
 * Copies an image, an index or an artifact between places, blob by blob; digests stay what they are.
 * @throws NotFoundError for a source that is not there; RegctlError EXISTS with `noClobber`; MismatchError for content that is not what its digest says
 */
export async function copy(from: Place, to: Place<Store>, options: CopyOptions = {}): Promise<CopyResult> {
  const begun = performance.now()
  const [found, existing] = await Promise.all([resolvePlace(from, options), lookUp(to.store, to.reference, options)])
  const image = await prepare(from.store, found, options)
  const { digest } = image.root.descriptor
  // Nothing is written for what is most often all there is to do: to see that nothing changed.
  const isUnchanged = existing?.digest === digest && !options.force && !options.referrers && !options.digestTags
  if (!existing && !options.dryRun) expectTransfers(image.root.descriptor, [from.store, to.store], options)
  const shared = await openShared(from, isUnchanged ? undefined : to, options)
  const counts = await copyImage(image, { place: to, existing }, { shared, options })
  await shared.journal?.end()
  return resultOf({ from, to, image, counts, seconds: secondsSince(begun) })
}

/** Bytes that a manifest takes for each entry, at least: one connection too few costs a round trip, one too many next to nothing. */
const entrySize = 150

/** By the size of a manifest one can tell how much hangs on it, while it is still being fetched. */
function expectTransfers({ size }: Descriptor, stores: Source[], { jobs = defaultJobs }: CopyOptions): void {
  for (const store of stores) store.expect?.(Math.min(jobs, Math.ceil(size / entrySize)))
}

/** What a copy reports. */
export function resultOf({
  from,
  to,
  image,
  counts,
  seconds,
}: Pick<CopyResult, 'seconds'> & { from: Place; to: Place; image: Prepared; counts: CopyCounts }): CopyResult {
  const { digest, mediaType } = image.root.descriptor
  return {
    source: formatPlace(from),
    destination: formatPlace(to),
    digest,
    mediaType,
    ...counts,
    ...(image.convertedFrom && { convertedFrom: image.convertedFrom }),
    requests: { source: from.requests?.() ?? 0, destination: to.requests?.() ?? 0 },
    seconds,
    ...factsOf(from),
  }
}

/** What a source says of itself after a copy: the pulls it still grants, and which mirror served what. */
export function factsOf(from: Place): Pick<CopyResult, 'rateLimit' | 'served'> {
  const [quota, served] = [from.quota?.(), from.served?.()]
  return { ...(quota && { rateLimit: quota }), ...(served && { served }) }
}

/** Of `performance.now()`, to a thousandth. */
export function secondsSince(begun: number): number {
  return Math.round(performance.now() - begun) / 1000
}
