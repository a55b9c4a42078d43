import { RegctlError } from '../model/errors.ts'
import { type Api, askObject } from './api.ts'
import type { RepositorySummary, SearchOptions } from './catalog.ts'
import { count, type Fields, known, maybeObjects, objectsIn, text } from './fields.ts'
import { publisherOf, pullsOf } from './hub-fields.ts'
import { defaultResults, wordsOf } from './words.ts'

/** The host of the search that Docker itself uses. */
const searchApi = 'https://index.docker.io'
const pageSize = 100
const maxPages = 100

/**
 * By the search of `docker search` (v1), in its order, with pulls and publishers from the one of the web page (v4) where that answers:
 * it is no documented interface, so nothing depends on it (verify-live).
 * @param hub `https://hub.docker.com`, without any login
 */
export async function* searchHub(hub: Api, words: string, options: SearchOptions): AsyncGenerator<RepositorySummary> {
  // People type `library/nginx`; the search knows it as nginx.
  const query = wordsOf(words)
    .join(' ')
    .replace(/^library\//, '')
  const { limit = defaultResults, official = false, signal } = options
  const more = enrichments(hub, query, { limit, official, signal })
  // Nobody may be there to hear of its failure, when the other search fails first.
  more.catch(() => {})
  let left = limit
  for await (const item of results({ ...hub, baseUrl: searchApi }, query, { limit, official, signal })) {
    const name = text(item.name)
    if (name === undefined || (official && item.is_official !== true)) continue
    yield {
      name,
      ...known<Partial<RepositorySummary>>({
        description: text(item.description),
        stars: count(item.star_count),
        official: item.is_official === true,
      }),
      ...(await more).get(nameOf(name)),
    }
    if (--left <= 0) return
  }
}

async function* results(api: Api, query: string, { limit = defaultResults, official, signal }: SearchOptions) {
  const what = `search at ${api.registry}`
  // The search cannot be told to give official images alone: they are picked out of a full page.
  const size = official ? pageSize : Math.min(limit, pageSize)
  for (let page = 1; page <= maxPages; page++) {
    const path = `/v1/search?${new URLSearchParams({ q: query, n: String(size), page: String(page) })}`
    const answer = await askObject(api, { path, what, signal })
    const items = objectsIn(answer.results, what)
    yield* items
    if (items.length === 0 || page >= (count(answer.num_pages) ?? 1)) return
  }
}

type Enrichment = Pick<RepositorySummary, 'pulls' | 'pullsAtLeast' | 'publisher'>

/** By name; empty where the web page's search does not answer as expected. */
async function enrichments(hub: Api, query: string, options: SearchOptions): Promise<ReadonlyMap<string, Enrichment>> {
  const { limit = defaultResults, official, signal } = options
  const parameters = new URLSearchParams({
    query,
    type: 'image',
    from: '0',
    size: String(Math.min(limit, pageSize)),
    ...(official && { badges: 'official' }),
  })
  const path = `/api/search/v4?${parameters}`
  try {
    const { results: found } = await askObject(hub, { path, what: `search at ${hub.registry}`, signal })
    return new Map(maybeObjects(found).flatMap(entriesOf))
  } catch (error) {
    if (error instanceof RegctlError && !signal?.aborted) return new Map()
    throw error
  }
}

function entriesOf(item: Fields): [string, Enrichment][] {
  const publisher = publisherOf(item)
  const enrichment = { ...pullsOf(item.pull_count), ...(publisher !== undefined && { publisher }) }
  return [text(item.slug), text(item.name)].flatMap(name => (name === undefined ? [] : [[nameOf(name), enrichment]]))
}

function nameOf(name: string): string {
  return name.replace(/^library\//, '')
}
