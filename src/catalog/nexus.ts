import { discard } from '../http/body.ts'
import { RegctlError } from '../model/errors.ts'
import { isRepository, isTag } from '../model/reference.ts'
import type { Options } from '../store/store.ts'
import { type Api, ask } from './api.ts'
import { type Catalog, isBelow, type RepositorySummary } from './catalog.ts'
import { instead } from './instead.ts'
import { type Component, components, nexusRepositories, searchPath } from './nexus-search.ts'
import { defaultResults, noOfficials, wordsOf } from './words.ts'

/**
 * Nexus by its REST interface (PROTOCOL 3.4), where it is served beside the registry: `REPOSITORY/IMAGE` is how an image is named by its
 * path. On a connector's port there is no such interface, and the protocol's own list speaks.
 */
export function nexusCatalog(api: Api, plain: Catalog & Required<Pick<Catalog, 'search'>>): Catalog {
  return {
    product: 'nexus',
    repositories: (options = {}) => instead(repositories(api, options), () => plain.repositories(options)),
    search(words, options = {}) {
      if (options.official) throw noOfficials(api.registry)
      return instead(found(api, wordsOf(words), options), () => plain.search(words, options))
    },
    async *tags(repository, { signal } = {}) {
      const place = placeOf(repository)
      if (!place) return
      const what = `repository ${api.registry}/${repository}`
      const path = searchPath({ repository: place.repository, name: place.image })
      for await (const component of components(api, { path, what, signal })) {
        if (component.name === place.image && component.repository === place.repository) yield component.details
      }
    },
    untag: (repository, tag, options = {}) => untag(api, { repository, tag }, options),
  }
}

/** Every image of every Docker or OCI repository; of groups only when one is named: its images are those of its members. */
async function* repositories(api: Api, { prefix = '', signal }: Options & { prefix?: string | undefined }) {
  const [wanted = ''] = prefix.split('/')
  const all = await nexusRepositories(api, { signal })
  const chosen = all.filter(({ name, type }) => (wanted === '' ? type !== 'group' : name === wanted))
  for (const { name } of chosen) {
    const path = searchPath({ repository: name })
    const what = `repository ${name} at ${api.registry}`
    for (const summary of await summaries(components(api, { path, what, signal }), name))
      if (isBelow(summary.name, prefix)) yield summary
  }
}

async function* found(
  api: Api,
  words: readonly string[],
  { limit = defaultResults, signal }: Options & { limit?: number | undefined },
) {
  const all = await nexusRepositories(api, { signal })
  const groups = new Set(all.filter(({ type }) => type === 'group').map(({ name }) => name))
  const what = `search at ${api.registry}`
  let left = limit
  for (const format of new Set(all.map(each => each.format))) {
    const path = searchPath({ format, name: `*${words[0] ?? ''}*` })
    const seen = new Set<string>()
    for await (const { name, repository } of components(api, { path, what, signal })) {
      const full = `${repository}/${name}`
      if (seen.has(full) || groups.has(repository) || !words.every(word => full.includes(word))) continue
      seen.add(full)
      yield { name: full }
      if (--left <= 0) return
    }
  }
}

/** One row an image, from its tags. */
async function summaries(all: AsyncIterable<Component>, repository: string): Promise<RepositorySummary[]> {
  const byName = new Map<string, RepositorySummary & { artifacts: number }>()
  for await (const { name, details } of all) {
    const full = `${repository}/${name}`
    if (!isRepository(full)) continue
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
async function untag(api: Api, { repository, tag }: { repository: string; tag: string }, { signal }: Options) {
  if (!isTag(tag)) throw new RegctlError('REFERENCE_INVALID', `${JSON.stringify(tag.slice(0, 200))} is not a tag`)
  const place = placeOf(repository)
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

/** `docker-hosted/team/app` is `team/app` in the Nexus repository `docker-hosted`. */
function placeOf(repository: string): { repository: string; image: string } | undefined {
  const slash = repository.indexOf('/')
  if (slash < 1 || !isRepository(repository)) return undefined
  return { repository: repository.slice(0, slash), image: repository.slice(slash + 1) }
}
