import { sameOrigin } from '../http/addresses.ts'
import { readStart } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import type { Probe } from './product.ts'

/** Sonatype's example of `nexus-context-path`, and what most take. */
const usual = '/nexus'

/** Paths that realms of this registry hint at: `https://HOST/nexus/repository/NAME/v2/token` says `/nexus`. */
export function contextsIn(realms: readonly string[], baseUrl: string): string[] {
  return realms.flatMap(realm => {
    if (!URL.canParse(realm) || !sameOrigin(realm, baseUrl)) return []
    const { pathname } = new URL(realm)
    const path = pathname.replace(/(?:\/repository\/[^/]+)?\/v2\/token$/, '')
    return path !== pathname && isContext(path) ? [path] : []
  })
}

/** Whether it is a path that can stand before an interface's own (T18): `/nexus`. */
export function isContext(value: unknown): value is string {
  return typeof value === 'string' && /^(?:\/(?!\.)[A-Za-z0-9._~-]{1,100}){1,4}$/.test(value)
}

export interface ContextOptions {
  /** See {@link contextsIn}. */
  hints?: readonly string[]
  /** Whether the host is Nexus for sure: then a refusal is an answer as well, for it wants a login. */
  isNexus: boolean
}

/** Below which path of a host the status of the REST interface answers: none, what was hinted at, or the usual one. `undefined`: nowhere there. */
export async function findContext(
  { baseUrl, send, signal }: Probe,
  { hints = [], isNexus }: ContextOptions,
): Promise<string | undefined> {
  for (const context of new Set(['', ...hints, usual])) {
    const response = await send({ method: 'GET', url: `${baseUrl}${context}/service/rest/v1/status`, signal })
    const body = await readStart(response, 1024)
    // A web server that has a page for every address is no Nexus: its status is an answer without a body.
    if (response.status === 200 && (saysNexus(response) || body.trim() === '')) return context
    if ((isNexus || saysNexus(response)) && (response.status === 401 || response.status === 403)) return context
  }
  return undefined
}

/** Whether a server calls itself Nexus. */
export function saysNexus({ headers }: HttpResponse): boolean {
  return /^Nexus\//i.test(String(headers.server ?? ''))
}
