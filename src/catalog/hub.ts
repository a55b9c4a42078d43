import { discard } from '../http/body.ts'
import { type Layer, type Send, stack } from '../http/http.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { hubRegistry, isRepository, requireTag } from '../model/reference.ts'
import type { Registry } from '../registry/endpoint.ts'
import { RegistryError } from '../registry/errors.ts'
import { type Api, ask, askPages, nextIn } from './api.ts'
import { type Catalog, isBelow } from './catalog.ts'
import { objectsIn } from './fields.ts'
import type { HubAccount } from './hub-account.ts'
import { hubRepository, hubTag } from './hub-fields.ts'
import { hubLimits } from './hub-limits.ts'
import { searchHub } from './hub-search.ts'

/** The product's interface, apart from its registry and its token server (PROTOCOL 3.1). */
export const hubApi = 'https://hub.docker.com'

export interface HubOptions {
  registry: Registry
  /** Without any login. */
  send: Send
  account: HubAccount
  /** The user name of the stored login, for the limits; `undefined`: nobody is logged in. */
  username: () => Promise<string | undefined>
}

const pageSize = 100

/** Docker Hub: namespaces, tags as on its web page, its search, deletion of a tag, and its quota. */
export function hubCatalog({ registry, send, account, username }: HubOptions): Catalog {
  const api: Api = { registry: hubRegistry, baseUrl: hubApi, send: stack(send, authorized(account)) }
  return {
    product: 'docker-hub',
    async *repositories({ prefix = '', signal } = {}) {
      const [namespace = ''] = prefix.split('/')
      if (namespace === '') {
        throw new RegctlError('UNSUPPORTED', `${hubRegistry} lists repositories by namespace only`, {
          hint: `name one: regctl repos ${hubRegistry}/NAMESPACE, or look for words: regctl search WORDS`,
        })
      }
      const what = `namespace ${namespace} at ${hubRegistry}`
      const list = pagesOf(api, `/v2/namespaces/${namespace}/repositories`, { what, signal })
      const legacy = () => pagesOf(api, `/v2/repositories/${namespace}/`, { what, signal })
      for await (const item of orElse(list, legacy)) {
        const repository = hubRepository(item, namespace)
        if (repository && isBelow(repository.name, prefix)) yield repository
      }
    },
    search: (words, options = {}) => searchHub({ registry: hubRegistry, baseUrl: hubApi, send }, words, options),
    async *tags(repository, { signal } = {}) {
      const { namespace, name } = splitName(repository)
      const what = `repository ${hubRegistry}/${repository}`
      const list = pagesOf(api, `/v2/namespaces/${namespace}/repositories/${name}/tags`, { what, signal })
      const legacy = () => pagesOf(api, `/v2/repositories/${namespace}/${name}/tags`, { what, signal })
      for await (const item of orElse(list, legacy)) {
        const tag = hubTag(item)
        if (tag) yield tag
      }
    },
    async untag(repository, tag, { signal } = {}) {
      const { namespace, name } = splitName(repository)
      requireTag(tag)
      await account.required(signal)
      const response = await ask(api, {
        method: 'DELETE',
        path: `/v2/repositories/${namespace}/${name}/tags/${tag}/`,
        what: `tag ${tag} in ${hubRegistry}/${repository}`,
        expect: [200, 202, 204],
        signal,
      })
      await discard(response)
    },
    limits: (options = {}) => hubLimits(registry, username, options),
  }
}

/** Bearer with the token of the account, where there is one (T1: to this origin alone). */
function authorized(account: HubAccount): Layer {
  return next => async request => {
    const token = new URL(request.url).origin === hubApi ? await account.token(request.signal) : undefined
    if (token === undefined) return next(request)
    return next({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
  }
}

async function* pagesOf(api: Api, path: string, { what, signal }: { what: string; signal: AbortSignal | undefined }) {
  const first = { path: `${path}?page=1&page_size=${pageSize}`, what, signal }
  const read = ({ value, url }: { value: unknown; url: string }) => {
    const { results, next } = Object(value)
    return { items: objectsIn(results, what), otherwise: nextIn(next, url) }
  }
  for await (const items of askPages(api, first, read)) yield* items
}

/** The newer address first, and the older one where that is not there: one of them is to go (verify-live). */
async function* orElse<T>(list: AsyncGenerator<T>, other: () => AsyncGenerator<T>): AsyncGenerator<T> {
  let begun = false
  try {
    for await (const item of list) {
      begun = true
      yield item
    }
  } catch (error) {
    if (begun || !(error instanceof RegistryError) || error.status !== 404) throw error
    yield* other()
  }
}

/** Two parts, no more: `library/nginx`. */
function splitName(repository: string): { namespace: string; name: string } {
  const [namespace = '', name = '', ...rest] = repository.split('/')
  if (isRepository(repository) && name !== '' && rest.length === 0) return { namespace, name }
  throw new NotFoundError(`there is no ${hubRegistry}/${repository}: its repositories are NAMESPACE/NAME`)
}
