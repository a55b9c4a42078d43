import { RegctlError } from '../model/errors.ts'
import type { Catalog, RepositorySummary, SearchOptions } from './catalog.ts'
import { wordsOf } from './words.ts'

/** All results of a search, in the order of the product. @throws RegctlError USAGE without a word, UNSUPPORTED where there is no list */
export async function searchRegistry(
  catalog: Catalog,
  words: string,
  options: SearchOptions,
): Promise<RepositorySummary[]> {
  wordsOf(words)
  if (!catalog.search) throw new RegctlError('UNSUPPORTED', 'this registry cannot be searched')
  const results: RepositorySummary[] = []
  for await (const result of catalog.search(words, options)) results.push(result)
  return results
}
