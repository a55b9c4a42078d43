import { discard } from '../http/body.ts'
import { RegctlError } from '../model/errors.ts'
import { requireTag } from '../model/reference.ts'
import type { Options } from '../store/store.ts'
import { ask } from './api.ts'
import { type Catalog, isBelow, type RepositorySummary } from './catalog.ts'
import { instead } from './instead.ts'
import { type NexusApi, nameOf, placeOf } from './nexus-api.ts'
import { type Component, components, nexusRepositories, searchPath } from './nexus-search.ts'
import { defaultResults, noOfficials, wordsOf } from './words.ts'

/**
 * Nexus by its REST interface (PROTOCOL 3.4): `REPOSITORY/IMAGE` is how an image is named by its path, `IMAGE` on a connector's port.
 * @param plain the protocol's own list, where that is to speak in place of an interface that is not served
 */
export function nexusCatalog(api: NexusApi, plain?: Catalog & Required<Pick<Catalog, 'search'>>): Catalog {
  return {
    product: 'nexus',
    repositories(options = {}) {
      const list = repositories(api, options)
      return plain ? instead(list, () => plain.repositories(options)) : list
    },
    search(words, options = {}) {
      if (options.official) throw noOfficials(api.registry)
      const list = found(api, wordsOf(words), options)
      return plain ? instead(list, () => plain.search(words, options)) : list
    },
    async *tags(repository, { signal } = {}) {
      const place = placeOf(api, repository)
      if (!place) return
      const what = `repository ${api.registry}/${repository}`
      const path = searchPath({ repository: place.repository, name: place.image })
      for await (const component of components(api, { path, what, signal })) {
        // Those of a group may be told with the name of the member that has them.
        if (component.name === place.image) yield component.details
      }
    },
    untag: (repository, tag, options = {}) => untag(api, { repository, tag }, options),
  }
}

/** Every image of every Docker or OCI repository; of groups only when one is named: its images are those of its members. */
async function* repositories(api: NexusApi, { prefix = '', signal }: Options & { prefix?: string | undefined }) {
  for (const repository of await chosen(api, { prefix, signal })) {
    const path = searchPath({ repository })
    const what = `repository ${repository} at ${api.registry}`
    for (const summary of await summaries(api, repository, components(api, { path, what, signal })))
      if (isBelow(summary.name, prefix)) yield summary
  }
}

async function chosen(api: NexusApi, { prefix, signal }: Options & { prefix: string }): Promise<string[]> {
  if (api.repository !== undefined) return [api.repository]
  const [wanted = ''] = prefix.split('/')
  const all = await nexusRepositories(api, { signal })
  return all.flatMap(({ name, type }) => ((wanted === '' ? type !== 'group' : name === wanted) ? [name] : []))
}

async function* found(
  api: NexusApi,
  words: readonly string[],
  { limit = defaultResults, signal }: Options & { limit?: number | undefined },
) {
  const { groups, searches } = await whereToSearch(api, { signal })
  const what = `search at ${api.registry}`
  let left = limit
  for (const search of searches) {
    const path = searchPath({ ...search, name: `*${words[0] ?? ''}*` })
    const seen = new Set<string>()
    for await (const component of components(api, { path, what, signal })) {
      const full = nameOf(api, component)
      if (full === undefined || seen.has(full) || groups.has(component.repository)) continue
      if (!words.every(word => full.includes(word))) continue
      seen.add(full)
      yield { name: full }
      if (--left <= 0) return
    }
  }
}

/** Behind a connector there is one repository, elsewhere all of each format; what a group has is its members'. */
async function whereToSearch(api: NexusApi, { signal }: Options) {
  if (api.repository !== undefined) return { groups: new Set<string>(), searches: [{ repository: api.repository }] }
  const all = await nexusRepositories(api, { signal })
  const groups = new Set(all.filter(({ type }) => type === 'group').map(({ name }) => name))
  return { groups, searches: [...new Set(all.map(each => each.format))].map(format => ({ format })) }
}

/** One row an image, from its tags. */
async function summaries(
  api: NexusApi,
  repository: string,
  all: AsyncIterable<Component>,
): Promise<RepositorySummary[]> {
  const byName = new Map<string, RepositorySummary & { artifacts: number }>()
  for await (const { name, details } of all) {
    const full = nameOf(api, { repository, name })
    if (full === undefined) continue
    const before = byName.get(full)
    const updated = [before?.updated, details.pushed]
      .flatMap(at => at ?? [])
      .sort()
      .at(-1)
    byName.set(full, { name: full, artifacts: (before?.artifacts ?? 0) + 1, ...(updated !== undefined && { updated }) })
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Deletes the component that is this tag and nothing else. */
async function untag(api: NexusApi, { repository, tag }: { repository: string; tag: string }, { signal }: Options) {
  requireTag(tag)
  const place = placeOf(api, repository)
  const what = `tag ${tag} in ${api.registry}/${repository}`
  const found: Component[] = []
  if (place) {
    const path = searchPath({ repository: place.repository, name: place.image, version: tag })
    for await (const component of components(api, { path, what, signal })) found.push(component)
  }
  const own = found.filter(
    ({ name, version, repository }) => name === place?.image && version === tag && repository === place.repository,
  )
  const [component] = own
  if (!component || own.length > 1 || !component.isOneTag) {
    throw new RegctlError('UNSUPPORTED', `${api.registry} names no component that is ${what} and nothing else`, {
      hint: 'its search lags a few seconds behind a push; only repositories of type hosted delete',
    })
  }
  const path = `/service/rest/v1/components/${encodeURIComponent(component.id)}`
  await discard(await ask(api, { method: 'DELETE', path, what, expect: [200, 202, 204], signal }))
}
