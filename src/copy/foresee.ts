import type { Notify } from '../model/notice.ts'
import type { Place } from '../store/store.ts'

/** Is told how many manifests are to be fetched next. */
export type Foresee = (manifests: number) => void

/** Says once, before the first refusal, that the source grants fewer pulls than the copy needs; each GET of a manifest is one. */
export function foreseeQuota({ store, quota }: Place, notify: Notify | undefined): Foresee {
  let told = false
  return manifests => {
    const { remaining, limit } = quota?.() ?? { remaining: Number.POSITIVE_INFINITY, limit: 0 }
    if (told || remaining >= manifests) return
    told = true
    const need = manifests === 1 ? 'one' : `up to ${manifests}`
    notify?.({
      code: 'RATE_LIMIT_LOW',
      message: `${store.location}: the registry grants ${remaining} more of ${limit} pulls, and this copy needs ${need}; most grant more to who is logged in`,
    })
  }
}
