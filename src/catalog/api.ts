import { sameOrigin } from '../http/addresses.ts'
import { discard, readAll } from '../http/body.ts'
import type { HttpRequest, HttpResponse, Method, Send } from '../http/http.ts'
import { maxPageBytes, type Page, pages } from '../http/links.ts'
import { resolveLocation } from '../http/location.ts'
import { isWebPage } from '../http/wrong-server.ts'
import { openBytes } from '../model/content.ts'
import { isObject } from '../model/descriptor.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { registryError, webPageError } from '../registry/errors.ts'
import type { Options } from '../store/store.ts'
import { type Fields, objectsIn } from './fields.ts'

/** A product's own interface, beside `/v2/`. */
export interface Api {
  /** The registry it belongs to, as a person types it: `docker.io`. */
  registry: string
  /** Where it is served, without a trailing slash: `https://hub.docker.com`. */
  baseUrl: string
  send: Send
}

/** One request of it. */
export interface Ask extends Options {
  method?: Method
  /** Below {@link Api.baseUrl}; foreign parts are encoded by who makes it (T18). */
  path: string
  /** What it is about: `list of repositories at docker.io`. */
  what: string
  /** Sent as JSON, to this interface alone: only logins have a body. */
  json?: unknown
  headers?: Readonly<Record<string, string>>
  /** Statuses that are answers; 200 when absent. */
  expect?: readonly number[]
}

/** Sends one request. @throws RegistryError for a status that was not expected */
export async function ask(api: Api, request: Ask): Promise<HttpResponse> {
  const response = await api.send(requestOf(api, request))
  if ((request.expect ?? [200]).includes(response.status)) return response
  throw await apiError(api, response, request.what)
}

/** Sends one request whose answer is a JSON object. @throws as {@link ask}, and InvalidContentError */
export async function askObject(api: Api, request: Ask): Promise<Fields> {
  return readObject(api, await ask(api, request), request.what)
}

/**
 * A list, page by page: `read` takes the items out of each page, and says where the next is when no `Link` does. A page without items is
 * the last (T12).
 */
export function askPages<T>(
  api: Api,
  request: Ask,
  read: (page: { value: unknown; response: HttpResponse; url: string }) => Page<T[]>,
): AsyncGenerator<T[], void, undefined> {
  return untilEmpty(
    pages(api.send, requestOf(api, request), async (response, url) => {
      if (response.status === 404 && url !== api.baseUrl + request.path) {
        // Where pages are numbered, the one behind the last is not there (Docker Hub).
        await discard(response)
        return { items: [] }
      }
      if (response.status !== 200) throw await apiError(api, response, request.what)
      return read({ value: await readJson(api, response, request.what), response, url })
    }),
  )
}

/** The next page's address that stands in an answer. @throws RegctlError REFUSED when it leads elsewhere: nothing is sent there (T4) */
export function nextIn(next: unknown, url: string): string | undefined {
  if (typeof next !== 'string' || next === '') return undefined
  const target = resolveLocation(next, url)
  if (target !== undefined && sameOrigin(target, url) && new URL(target).username === '') return target
  const { host } = new URL(url)
  throw new RegctlError('REFUSED', `${host} names a next page elsewhere, which is not asked for`, {
    hint: 'a list continues only at the host that began it',
  })
}

async function* untilEmpty<T>(all: AsyncGenerator<T[]>): AsyncGenerator<T[], void, undefined> {
  for await (const items of all) {
    if (items.length === 0) return
    yield items
  }
}

function requestOf({ baseUrl }: Api, { method = 'GET', path, json, headers, signal }: Ask): HttpRequest {
  const bytes = json === undefined ? undefined : Buffer.from(JSON.stringify(json))
  return {
    method,
    url: baseUrl + path,
    headers: { accept: 'application/json', ...(bytes && { 'content-type': 'application/json' }), ...headers },
    ...(bytes && {
      sealed: true,
      body: { size: bytes.length, open: openBytes(bytes) },
    }),
    signal,
  }
}

async function apiError(api: Api, response: HttpResponse, what: string): Promise<Error> {
  return registryError(response, { registry: api.registry, what, host: new URL(api.baseUrl).host })
}

/** A JSON object out of an answer. @throws InvalidContentError */
export async function readObject(api: Api, response: HttpResponse, what: string): Promise<Fields> {
  const value = await readJson(api, response, what)
  if (isObject(value)) return value
  throw new InvalidContentError(`${new URL(api.baseUrl).host} answers no object for the ${what}`)
}

/** The objects of a JSON list out of an answer. @throws InvalidContentError */
export async function readList(api: Api, response: HttpResponse, what: string): Promise<Fields[]> {
  return objectsIn(await readJson(api, response, what), what)
}

async function readJson(api: Api, response: HttpResponse, what: string): Promise<unknown> {
  const bytes = await readAll(response, maxPageBytes)
  if (isWebPage(response, bytes.subarray(0, 1024).toString())) throw webPageError(new URL(api.baseUrl).host, what)
  return parseJson(bytes, what, { repeated: 'last' })
}
