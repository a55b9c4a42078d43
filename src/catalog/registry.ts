import type { Registry } from '../registry/endpoint.ts'
import { listRepositories } from '../registry/lists.ts'
import type { Catalog } from './catalog.ts'

/** The protocol's own list, `/v2/_catalog` (item 59). */
export function registryCatalog(registry: Registry): Catalog {
  return {
    async *repositories({ prefix, signal } = {}) {
      for await (const name of listRepositories(registry, { signal })) {
        if (!prefix || name === prefix || name.startsWith(`${prefix}/`)) yield { name }
      }
    },
  }
}
