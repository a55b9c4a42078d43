import type { Descriptor } from '../model/descriptor.ts'
import { mediaTypes } from '../model/media-types.ts'
import { type Exchange, type Handlers, openRepository } from './exchange.ts'
import type { Repositories } from './repositories.ts'
import { type Headers, Refusal, respondJson } from './respond.ts'
import { digestParameter } from './routes.ts'

/** The most one page holds, asked for or not (CVE-2023-2253). */
const pageLimit = 1000

/** `/v2/<name>/tags/list`, in lexical order without regard to case (end-8). */
export function tagsHandlers(repositories: Repositories): Handlers {
  return {
    async GET({ res, route: { name }, query }) {
      const store = await openRepository(repositories, name)
      const tags: string[] = []
      for await (const tag of store.tags()) tags.push(tag)
      const page = pageOf(tags.sort(byLetters), byLetters, query)
      respondJson(res, 200, { name, tags: page.items }, next(`/v2/${name}/tags/list`, page))
    },
  }
}

/** `/v2/_catalog`, as distribution has it: no part of OCI, reserved by its extensions (item 59). */
export function catalogHandlers(repositories: Repositories): Handlers {
  return {
    async GET({ res, query }) {
      const names: string[] = []
      for await (const name of repositories.names()) names.push(name)
      const page = pageOf(names, byCharacters, query)
      respondJson(res, 200, { repositories: page.items }, next('/v2/_catalog', page))
    },
  }
}

/** `/v2/<name>/referrers/<digest>`: an index, empty for what nobody refers to, whether it is here or not (end-12). */
export function referrersHandlers(repositories: Repositories): Handlers {
  return {
    async GET({ res, route, query, signal }: Exchange) {
      const digest = digestParameter(route.target)
      const wanted = query.get('artifactType')
      const store = await repositories.open(route.name)
      const subject = { mediaType: mediaTypes.ociManifest, digest, size: 0 }
      const manifests: Descriptor[] = []
      for await (const referrer of store?.referrers(subject, { signal }) ?? []) {
        if (wanted === null || wanted === '' || referrer.artifactType === wanted) manifests.push(referrer)
      }
      const headers: Headers = { 'Content-Type': mediaTypes.ociIndex }
      if (wanted) headers['OCI-Filters-Applied'] = 'artifactType'
      respondJson(res, 200, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, headers)
    },
  }
}

interface Page {
  items: string[]
  size: number
  more: boolean
}

type Order = (a: string, b: string) => number

const byCharacters: Order = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const byLetters: Order = (a, b) => byCharacters(a.toLowerCase(), b.toLowerCase()) || byCharacters(a, b)

/** What stands after `last`, at most `n`; `last` itself need not be there any more. */
function pageOf(sorted: readonly string[], order: Order, query: URLSearchParams): Page {
  const asked = query.get('n')
  if (asked !== null && !/^\d{1,15}$/.test(asked)) {
    throw new Refusal(400, 'PAGINATION_NUMBER_INVALID', 'n is not a whole number', {
      detail: { n: asked.slice(0, 20) },
    })
  }
  const size = Math.min(asked === null ? pageLimit : Number(asked), pageLimit)
  const last = query.get('last')
  const rest = last === null ? sorted : sorted.filter(item => order(item, last) > 0)
  return { items: rest.slice(0, size), size, more: rest.length > size }
}

function next(path: string, { items, size, more }: Page): Headers {
  const last = items.at(-1)
  // With n=0 there is no last item to go on from, and the list must be empty (item 57).
  if (!more || last === undefined) return {}
  return { Link: `<${path}?n=${size}&last=${encodeURIComponent(last)}>; rel="next"` }
}
