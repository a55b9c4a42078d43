import { join } from 'node:path'
import { readEntries, writeEntries } from '../files/entries.ts'
import { withLock } from '../files/lock.ts'
import { isObject } from '../model/descriptor.ts'
import { isProduct, type Product } from '../model/product.ts'
import { isContext } from './nexus-context.ts'
import type { FoundProduct } from './product.ts'

const day = 24 * 3600 * 1000
const most = 500

/** Which product a host was found to be; a hint that lasts a week, and a day where it was none that we know. */
export interface RememberedProducts {
  of(registry: string): Promise<FoundProduct | undefined>
  /** Never throws: what is not kept is asked for again. */
  keep(registry: string, found: FoundProduct): Promise<void>
}

/** @param now milliseconds since 1970 */
export function rememberedProducts(stateFolder: string, now: () => number = Date.now): RememberedProducts {
  const path = join(stateFolder, 'products.json')
  return {
    of: async registry => {
      const entries = await readEntries(path, isEntry)
      const found = entries.get(registry)
      if (!found || !isFresh(found, now())) return undefined
      const { product, context } = found
      return { product, ...(typeof context === 'string' && { context }) }
    },
    keep: async (registry, { product, context }) => {
      const entry: Entry = { product, ...(product === 'nexus' && { context: context ?? null }), at: now() }
      const change = async () => {
        const fresh = [...(await readEntries(path, isEntry))].filter(
          ([name, entry]) => name !== registry && isFresh(entry, now()),
        )
        await writeEntries(path, [...fresh.slice(-most), [registry, entry]])
      }
      await withLock(path, change).catch(() => {})
    },
  }
}

interface Entry {
  product: Product
  /** Of Nexus alone: `null` where it has no REST interface. */
  context?: string | null
  /** Milliseconds since 1970. */
  at: number
}

function isEntry(value: unknown): value is Entry {
  if (!isObject(value) || !isProduct(value.product) || typeof value.at !== 'number') return false
  return value.product !== 'nexus' || value.context === null || value.context === '' || isContext(value.context)
}

function isFresh({ product, at }: Entry, now: number): boolean {
  const age = now - at
  return age >= 0 && age < (product === 'registry' ? day : 7 * day)
}
