import { join } from 'node:path'
import { readEntries, writeEntries } from '../files/entries.ts'
import { withLock } from '../files/lock.ts'
import { isObject } from '../model/descriptor.ts'
import { isProduct, type Product } from '../model/product.ts'

const day = 24 * 3600 * 1000
const most = 500

/** Which product a host was found to be; a hint that lasts a week, and a day where it was none that we know. */
export interface RememberedProducts {
  of(registry: string): Promise<Product | undefined>
  /** Never throws: what is not kept is asked for again. */
  keep(registry: string, product: Product): Promise<void>
}

/** @param now milliseconds since 1970 */
export function rememberedProducts(stateFolder: string, now: () => number = Date.now): RememberedProducts {
  const path = join(stateFolder, 'products.json')
  return {
    of: async registry => {
      const entries = await readEntries(path, isEntry)
      const found = entries.get(registry)
      return found && isFresh(found, now()) ? found.product : undefined
    },
    keep: async (registry, product) => {
      const change = async () => {
        const fresh = [...(await readEntries(path, isEntry))].filter(
          ([name, entry]) => name !== registry && isFresh(entry, now()),
        )
        await writeEntries(path, [...fresh.slice(-most), [registry, { product, at: now() }]])
      }
      await withLock(path, change).catch(() => {})
    },
  }
}

interface Entry {
  product: Product
  /** Milliseconds since 1970. */
  at: number
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && isProduct(value.product) && typeof value.at === 'number'
}

function isFresh({ product, at }: Entry, now: number): boolean {
  const age = now - at
  return age >= 0 && age < (product === 'registry' ? day : 7 * day)
}
