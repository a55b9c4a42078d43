import { catalogScope } from '../auth/scopes.ts'
import { readAll } from '../http/body.ts'
import type { HttpRequest, HttpResponse } from '../http/http.ts'
import { maxPageBytes, type Page, pages } from '../http/links.ts'
import { isWebPage } from '../http/wrong-server.ts'
import { isObject } from '../model/descriptor.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import type { Options } from '../store/store.ts'
import { apiPath } from './call.ts'
import type { Registry, Repository } from './endpoint.ts'
import { RegistryError, registryError, webPageError } from './errors.ts'

/** Asked for a page; servers give what they like (items 55 to 57). */
const pageSize = 1000

interface List extends Options {
  path: string
  /** The field of each page that holds the names. */
  field: 'tags' | 'repositories'
  what: string
  scope: string
}

/** All tags, page after page as they come, in the registry's order. @throws NotFound-coded RegistryError */
export function listTags(place: Repository, { signal }: Options): AsyncGenerator<string> {
  return listNames(place.registry, {
    path: apiPath(place.name, 'tags/list'),
    field: 'tags',
    what: `repository ${place.location}`,
    scope: place.scope('pull'),
    signal,
  })
}

/** All repositories the registry shows to this account. @throws RegctlError UNSUPPORTED where there is no such list (item 59) */
export async function* listRepositories(registry: Registry, { signal }: Options): AsyncGenerator<string> {
  const what = `list of repositories at ${registry.name}`
  try {
    yield* listNames(registry, { path: '/v2/_catalog', field: 'repositories', what, scope: catalogScope, signal })
  } catch (error) {
    if (!(error instanceof RegistryError) || ![404, 405, 501].includes(error.status)) throw error
    throw new RegctlError('UNSUPPORTED', `${registry.name} gives no list of its repositories`, {
      hint: error.hint ?? 'many public registries do not; name a repository instead: regctl tags REPOSITORY',
      cause: error,
    })
  }
}

async function* listNames(registry: Registry, list: List): AsyncGenerator<string> {
  const request: HttpRequest = {
    method: 'GET',
    url: registry.baseUrl + list.path,
    headers: { accept: 'application/json' },
    scopes: [list.scope],
    signal: list.signal,
  }
  const paged = { ...request, url: `${request.url}?n=${pageSize}` }
  let guessed: { url: string; last: string } | undefined
  let linked = false

  const read = async (response: HttpResponse, url: string): Promise<Page<string[]>> => {
    const names = await readNames(registry, list, response)
    // A registry that ignores `last` sends the same again: what holds the name it was to begin after is no new page (item 56).
    if (guessed?.url === url && names.includes(guessed.last)) return { items: [] }
    linked ||= response.headers.link !== undefined
    const last = names.at(-1)
    // Who gives links says by giving none that this was the last page.
    if (linked || last === undefined || names.length !== pageSize) return { items: names }
    guessed = { url: `${paged.url}&last=${encodeURIComponent(last)}`, last }
    return { items: names, otherwise: guessed.url }
  }
  let begun = false
  try {
    for await (const names of pages(registry.send, paged, read)) {
      begun = true
      // `yield*` would wait three times for each name.
      for (const name of names) yield name
    }
  } catch (error) {
    if (begun || !isRefusedSize(error)) throw error
    for await (const names of pages(registry.send, request, read)) for (const name of names) yield name
  }
}

/** ECR and distribution 3 refuse a page size with 400 or 405 (item 57), before any page has come. */
function isRefusedSize(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    (error.status === 400 || error.status === 405) &&
    !error.registryCodes.includes('NAME_INVALID')
  )
}

async function readNames(registry: Registry, { field, what }: List, response: HttpResponse): Promise<string[]> {
  if (response.status !== 200) throw await registryError(response, { registry: registry.name, what })
  const bytes = await readAll(response, maxPageBytes)
  if (isWebPage(response, bytes.subarray(0, 1024).toString())) throw webPageError(registry.name, what)
  const page = parseJson(bytes, what)
  const names = isObject(page) ? page[field] : undefined
  // `null` is what distribution 2 says for none (item 54).
  if (names == null && isObject(page)) return []
  if (!Array.isArray(names)) throw new InvalidContentError(`${registry.name} answers no list for the ${what}`)
  return names.filter(name => typeof name === 'string')
}
