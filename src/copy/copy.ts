import type { RateLimit } from '../http/rate.ts'
import type { Descriptor, Platform } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isNotFound, MismatchError, RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { formatPlace } from '../store/place.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'
import type { OnCopyEvent } from './events.ts'
import { foreseeQuota } from './foresee.ts'
import type { Journal } from './journal.ts'
import { createLimit } from './limit.ts'
import { rehearsing } from './rehearse.ts'

export type { CopyResult } from './result.ts'

import { type CopyResult, countCopy } from './result.ts'
import { selectPlatforms } from './select.ts'
import { copyGraph, type Route } from './walk.ts'

export interface CopyOptions extends Options {
  /** Only these; an index is then written anew with fewer entries, and has a new digest. */
  platforms?: readonly Platform[]
  /** Transfers at once. Default 8, and 16 of blobs below 1 MiB. */
  jobs?: number
  /** Check every part at the destination, even below a manifest that is there. */
  force?: boolean
  /** Refuse to move a tag that names something else. */
  noClobber?: boolean
  /** Send nothing; the result says what would be done. */
  dryRun?: boolean
  /** A folder where a copy that is cut short leaves where it had got, and the next run of the same copy picks it up. */
  journals?: string | undefined
  /** How fast the bytes of blobs may pass; may be shared by several copies. */
  rateLimit?: RateLimit | undefined
  onEvent?: OnCopyEvent
  /** Told before the copy would use up the pulls that the source grants (RATE_LIMIT_LOW). */
  notify?: Notify
}

const defaultJobs = 8

/**
 * Copies an image, an index or an artifact between places, blob by blob; digests stay what they are.
 * @throws NotFoundError for a source that is not there; RegctlError EXISTS with `noClobber`; MismatchError for content that is not what its digest says
 */
export async function copy(from: Place, to: Place<Store>, options: CopyOptions = {}): Promise<CopyResult> {
  const begun = performance.now()
  const [found, existing] = await Promise.all([resolvePlace(from, options), lookUp(to, options)])
  const selection = await selectPlatforms(from.store, found, options.platforms ?? [], options)
  const { root } = selection
  checkDestination(to, { root, existing, options })
  const { counts, onEvent } = countCopy()
  const tell: OnCopyEvent = event => {
    onEvent(event)
    options.onEvent?.(event)
  }
  tell({ type: 'found', content: root })
  if (existing?.digest === root.digest && !options.force) {
    tell({ type: 'done', content: root, outcome: 'skipped' })
  } else {
    const foresee = foreseeQuota(from, options.notify)
    if (!selection.bytes) foresee(1)
    const journal = options.dryRun ? undefined : await journalOf(from, to, options)
    const route: Route = {
      from: from.store,
      to: options.dryRun ? rehearsing(to.store) : to.store,
      limit: createLimit(options.jobs ?? defaultJobs),
      smallLimit: createLimit(options.jobs ?? 2 * defaultJobs),
      tell,
      signal: options.signal,
      force: options.force ?? false,
      rateLimit: options.rateLimit,
      foresee,
      journal,
      fresh: existing === undefined && !journal?.goesOn,
    }
    await copyGraph(route, selection, isDigest(to.reference) ? undefined : to.reference)
    await journal?.end()
  }
  const quota = from.quota?.()
  return {
    source: formatPlace(from),
    destination: formatPlace(to),
    digest: root.digest,
    mediaType: root.mediaType,
    ...counts,
    requests: { source: from.requests?.() ?? 0, destination: to.requests?.() ?? 0 },
    seconds: Math.round(performance.now() - begun) / 1000,
    ...(quota && { rateLimit: quota }),
  }
}

async function journalOf(from: Place, to: Place, { journals }: CopyOptions): Promise<Journal | undefined> {
  if (journals === undefined) return undefined
  const { openJournal } = await import('./journal.ts')
  return openJournal(journals, { source: formatPlace(from), destination: formatPlace(to) })
}

async function lookUp(to: Place<Store>, options: Options): Promise<Descriptor | undefined> {
  try {
    return await to.store.resolve(to.reference, options)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function checkDestination(
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
