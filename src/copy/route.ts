import type { RateLimit } from '../http/rate.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Notify } from '../model/notice.ts'
import type { Source, Store } from '../store/store.ts'
import type { OnCopyEvent } from './events.ts'
import type { Foresee } from './foresee.ts'
import type { Journal } from './journal.ts'
import type { Limit } from './limit.ts'
import type { CopyMemory } from './memory.ts'

/** From where to where, and how. */
export interface Route {
  from: Source
  to: Store
  limit: Limit
  /** For blobs that are over in a round trip or two: more of them at once. */
  smallLimit: Limit
  tell: OnCopyEvent
  notify?: Notify | undefined
  signal?: AbortSignal | undefined
  /** Do not take a manifest that is there as a sign that everything below it is. */
  force: boolean
  /** The destination knows neither the name nor an earlier attempt: what is below the root is most likely not there, and is not asked after. */
  fresh: boolean
  rateLimit?: RateLimit | undefined
  foresee: Foresee
  journal?: Journal | undefined
  /** What other copies of this run bring to the same destination. */
  memory?: CopyMemory | undefined
  /** Told what a manifest lists, before any of it is copied. */
  onChildren?: ((node: Descriptor, children: readonly Descriptor[]) => void) | undefined
}
