import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../files/atomic.ts'
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
      const entries = await read(path)
      const found = entries.get(registry)
      return found && isFresh(found, now()) ? found.product : undefined
    },
    keep: async (registry, product) => {
      const change = async () => {
        const fresh = [...(await read(path))].filter(([name, entry]) => name !== registry && isFresh(entry, now()))
        const entries = [...fresh.slice(-most), [registry, { product, at: now() }] as const]
        await writeAtomic(path, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`, {
          mode: 0o600,
          folderMode: 0o700,
        })
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

async function read(path: string): Promise<Map<string, Entry>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    const entries = isObject(value) ? Object.entries(value) : []
    return new Map(entries.flatMap(([name, entry]) => (isEntry(entry) ? [[name, entry] as const] : [])))
  } catch {
    return new Map() // Missing or damaged: it is made anew.
  }
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && isProduct(value.product) && typeof value.at === 'number'
}

function isFresh({ product, at }: Entry, now: number): boolean {
  const age = now - at
  return age >= 0 && age < (product === 'registry' ? day : 7 * day)
}
