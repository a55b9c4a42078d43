import { discard } from '../http/body.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { isRepository, requireTag } from '../model/reference.ts'
import { RegistryError } from '../registry/errors.ts'
import type { Options } from '../store/store.ts'
import { type Api, ask, askObject, askPages } from './api.ts'
import { type Catalog, isBelow, type RepositorySummary } from './catalog.ts'
import { count, type Fields, known, maybeObjects, objectsIn, text, time } from './fields.ts'
import { harborTags } from './harbor-tags.ts'
import { instead } from './instead.ts'
import { defaultResults, noOfficials, wordsOf } from './words.ts'

const base = '/api/v2.0'
const pageSize = 100
/** A project called `2024` is no id. */
const byName = { 'x-is-resource-name': 'true' }

/**
 * Harbor's projects by its REST interface (PROTOCOL 3.3), which knows counts and times, and removes single tags.
 * @param plain the protocol's own list, for a host that turns out to have no such interface
 */
export function harborCatalog(api: Api, plain: Catalog): Catalog {
  return {
    product: 'harbor',
    repositories: (options = {}) => instead(repositories(api, options), () => plain.repositories(options)),
    async *search(words, { limit = defaultResults, official, signal } = {}) {
      if (official) throw noOfficials(api.registry)
      const wanted = wordsOf(words)
      const path = `${base}/search?${new URLSearchParams({ q: wanted[0] ?? '' })}`
      const found = await askObject(api, { path, what: `search at ${api.registry}`, signal })
      let left = limit
      for (const item of maybeObjects(found.repository)) {
        const repository = repositoryOf({ ...item, name: item.repository_name })
        if (!repository || !wanted.every(word => repository.name.includes(word))) continue
        yield repository
        if (--left <= 0) return
      }
    },
    async *tags(repository, { signal } = {}) {
      const request = {
        path: `${pathOf(repository)}/artifacts?with_tag=true&page=1&page_size=${pageSize}`,
        what: `repository ${api.registry}/${repository}`,
        headers: byName,
        signal,
      }
      for await (const artifacts of askPages(api, request, numbered(request.what)))
        for (const artifact of artifacts) yield* harborTags(artifact)
    },
    untag: (repository, tag, options = {}) => untag(api, { repository, tag }, options),
  }
}

async function* repositories(api: Api, { prefix = '', signal }: Options & { prefix?: string | undefined }) {
  const [project = ''] = prefix.split('/')
  const path = project === '' ? `${base}/repositories` : `${base}/projects/${project}/repositories`
  const what = project === '' ? `list of repositories at ${api.registry}` : `project ${project} at ${api.registry}`
  const request = { path: `${path}?page=1&page_size=${pageSize}`, what, headers: byName, signal }
  for await (const items of askPages(api, request, numbered(what))) {
    for (const item of items) {
      const repository = repositoryOf(item)
      if (repository && isBelow(repository.name, prefix)) yield repository
    }
  }
}

/** Only this tag: the artifact and its other tags stay. */
async function untag(api: Api, { repository, tag }: { repository: string; tag: string }, { signal }: Options) {
  requireTag(tag)
  const what = `tag ${tag} in ${api.registry}/${repository}`
  try {
    const path = `${pathOf(repository)}/artifacts/${tag}/tags/${tag}`
    await discard(await ask(api, { method: 'DELETE', path, what, headers: byName, expect: [200, 202, 204], signal }))
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status !== 412) throw error
    throw new RegctlError('DENIED', `${api.registry} keeps ${what}: the tag is immutable`, {
      hint: 'a rule of its project says so; whoever administers the project can change it',
      cause: error,
    })
  }
}

/** `library/a/b` is `/projects/library/repositories/a%252Fb`: a slash is encoded twice (T18). */
function pathOf(repository: string): string {
  const slash = repository.indexOf('/')
  if (slash < 1 || !isRepository(repository))
    throw new NotFoundError(`there is no repository ${repository.slice(0, 200)}: Harbor's are PROJECT/NAME`)
  const name = encodeURIComponent(encodeURIComponent(repository.slice(slash + 1)))
  return `${base}/projects/${repository.slice(0, slash)}/repositories/${name}`
}

/** `name` has its project before it. */
function repositoryOf(item: Fields): RepositorySummary | undefined {
  const name = text(item.name)
  if (name === undefined || !isRepository(name)) return undefined
  return known<RepositorySummary>({
    name,
    description: text(item.description),
    pulls: count(item.pull_count),
    artifacts: count(item.artifact_count),
    private: typeof item.project_public === 'boolean' ? !item.project_public : undefined,
    updated: time(item.update_time),
  })
}

/** Numbered pages; `Link` says where the next is, and where it is missing a full page says that there may be one. */
function numbered(what: string) {
  return ({ value, url }: { value: unknown; url: string }) => {
    const items = objectsIn(value, what)
    if (items.length < pageSize) return { items }
    const next = new URL(url)
    next.searchParams.set('page', String(Number(next.searchParams.get('page') ?? 1) + 1))
    return { items, otherwise: next.href }
  }
}
