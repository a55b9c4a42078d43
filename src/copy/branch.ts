import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { Options, PushOptions, PushOutcome, Source, Store } from '../store/store.ts'
import { fromAnySource } from './any-source.ts'
import type { OnCopyEvent } from './events.ts'
import type { Journal } from './journal.ts'

/** One of several destinations. */
export interface Branch {
  store: Store
  /** What the root is to be called there; `undefined` where it has its name, or is to have none. */
  tag: string | undefined
  /** Nothing of the image is expected there. */
  fresh: boolean
  journal: Journal | undefined
  /** Hears what happens to content at this destination. */
  tell: OnCopyEvent
  /** What it is known to have: with a manifest all that is below it. */
  has: Set<Digest>
  /** Stops what is on its way there, once something has failed. */
  stop: AbortController
  failure?: unknown
}

/** How a blob is opened. */
export interface Ways {
  /** Reads together with the other registries. */
  first: Open
  leave(): void
  /** Reads for itself. */
  open: Open
  options: PushOptions
  from: Source | undefined
}

/** The destinations in one registry, one after the other: what the first was sent, the others mount. */
export async function pushTo(group: readonly Branch[], target: Descriptor, ways: Ways): Promise<PushOutcome[]> {
  const { options, from } = ways
  const outcomes: PushOutcome[] = []
  let holder: Branch | undefined
  for (const [at, branch] of group.entries()) {
    const { store, fresh, journal } = branch
    const open: Open = async (offset = 0) => {
      const body = await (at === 0 ? ways.first : ways.open)(offset)
      branch.tell({ type: 'started', content: target, offset })
      return body
    }
    try {
      // What is only written when it is closed does not see what another has pushed to the same file.
      const isThere = holder?.store.location === store.location && !store.close
      const given = {
        mountFrom: holder?.store.location ?? options.mountFrom,
        checkpoint: options.checkpoint && journal?.checkpoint(target.digest),
        isNew: fresh && !holder,
        signal: signalOf(branch, options),
      }
      const push = () => store.push(target, open, given)
      const outcome = isThere ? 'present' : await (from ? fromAnySource(from, target, push, given) : push())
      outcomes.push(settle(branch, target, outcome))
      holder ??= branch
    } catch (error) {
      fail(branch, error)
    } finally {
      if (at === 0) ways.leave()
    }
  }
  return outcomes
}

/** Told to this destination alone. */
export function settle(branch: Branch, content: Descriptor, outcome: PushOutcome | 'skipped'): PushOutcome {
  branch.has.add(content.digest)
  branch.tell({ type: 'done', content, outcome })
  return outcome === 'skipped' ? 'present' : outcome
}

/** The first failure counts; what else was on its way there is stopped. */
export function fail(branch: Branch, error: unknown): void {
  branch.failure ??= error
  branch.stop.abort(error)
}

/** Stops with the copy, and with this destination. */
export function signalOf({ stop }: Branch, { signal }: Options): AbortSignal {
  return signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
}
