import type { HttpRequest, HttpResponse } from '../http/http.ts'
import { RegctlError } from '../model/errors.ts'
import type { Registry } from './endpoint.ts'
import { registryError } from './errors.ts'

/** One request of the protocol. */
export interface Call extends Omit<HttpRequest, 'url'> {
  /** Below the registry's address (`/v2/demo/app/tags/list`), or a whole URL that the registry named. */
  url: string
  /** What it is about, for the sentence when it fails: `tag 1.2 of 127.0.0.1:5000/demo/app`. */
  what: string
  /** Statuses that are answers; any other is thrown as a RegistryError. */
  expect: readonly number[]
}

/** Sends one request of the protocol. @throws RegistryError for a status that was not expected */
export async function call(registry: Registry, { url, what, expect, ...request }: Call): Promise<HttpResponse> {
  const response = await registry.send({ ...request, url: url.startsWith('/') ? registry.baseUrl + url : url })
  if (expect.includes(response.status)) return response
  throw await registryError(response, { registry: registry.name, what })
}

/** `/v2/NAME/…`: the names were held against the grammar before, and the check here is the second lock (T18). */
export function apiPath(repository: string, ...rest: string[]): string {
  const path = ['/v2', repository, ...rest].join('/')
  if (new URL(path, 'http://registry').pathname !== path.replace(/[?#].*$/, '')) {
    throw new RegctlError('REFERENCE_INVALID', `${JSON.stringify(repository)} is not a repository`)
  }
  return path
}
