import type { Registry } from '../registry/endpoint.ts'
import { listRepositories } from '../registry/lists.ts'
import { type Catalog, isBelow } from './catalog.ts'
import { defaultResults, noOfficials, wordsOf } from './words.ts'

/** The protocol's own list, `/v2/_catalog` (item 59); a search goes through all of it. */
export function registryCatalog(registry: Registry): Catalog & Required<Pick<Catalog, 'search'>> {
  return {
    product: 'registry',
    async *repositories({ prefix, signal } = {}) {
      for await (const name of listRepositories(registry, { signal })) if (isBelow(name, prefix)) yield { name }
    },
    async *search(text, { limit = defaultResults, official, signal } = {}) {
      if (official) throw noOfficials(registry.name)
      const words = wordsOf(text)
      let left = limit
      for await (const name of listRepositories(registry, { signal })) {
        if (!words.every(word => name.includes(word))) continue
        yield { name }
        if (--left <= 0) return
      }
    },
  }
}
