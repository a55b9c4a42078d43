import { repositoryScope } from '../auth/scopes.ts'
import { sameOrigin } from '../http/addresses.ts'
import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { resolveLocation } from '../http/location.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { Options, PushOptions, PushOutcome } from '../store/store.ts'
import { apiPath, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'
import { checkLocation } from './upload-location.ts'

/** An upload at the registry. */
export interface Session {
  /** Where it goes on; each answer may name another (item 32). */
  location: string
  /** Bytes that the registry has. */
  offset: number
}

/** Opens an upload, or tells that none is needed: `mounted` from another repository, or `present` in this one. */
export async function openSession(
  place: Repository,
  target: Descriptor,
  { mountFrom, signal }: Options & { mountFrom?: string | undefined },
): Promise<Session | Exclude<PushOutcome, 'pushed'>> {
  const { known, habits } = place.registry
  const other = mountSource(place, target, mountFrom)
  const from = other ?? (habits.noSelfMount ? undefined : place.name)
  try {
    return await postUpload(place, target, { from, signal })
  } catch (error) {
    // Registries refuse mounts with any of 401, 403, 404, 405 and 5xx; the blob can still be uploaded (item 42).
    if (from === undefined || !(error instanceof RegistryError) || error.code === 'RATE_LIMITED') throw error
    const opened = await postUpload(place, target, { signal })
    if (other === undefined) habits.noSelfMount = true
    else {
      known.forget(target.digest, other)
      // One refusal speaks for the whole repository: asking for each blob would cost a token each time.
      if (error.status === 401 || error.status === 403) known.ruleOut(other)
    }
    return opened
  }
}

/** Another repository of the registry that is known to have the blob, and may be mounted from. */
export function mountSource(
  place: Repository,
  { digest }: Descriptor,
  mountFrom: string | undefined,
): string | undefined {
  return sibling(place, mountFrom) ?? place.registry.known.find(digest, place.name)
}

/** Asks an upload where it stands (items 33, 35). `undefined` when the registry has lost it or cannot say: the blob starts again. */
export async function whereItStands(
  place: Repository,
  target: Descriptor,
  location: string,
  { signal }: Options,
): Promise<Session | undefined> {
  const response = await place.registry.send({
    ...checkLocation(location, place.registry.baseUrl),
    method: 'GET',
    scopes: [place.scope('pull', 'push')],
    signal,
  })
  await discard(response)
  const offset = offsetOf(response)
  if (response.status !== 204 || offset === undefined || offset > target.size) return undefined
  return { location: nextLocation(response) ?? location, offset }
}

/** An address at another host may carry a login of its own: it is not written down. */
export async function remember(
  { registry }: Repository,
  { location }: Session,
  { checkpoint }: PushOptions,
): Promise<void> {
  if (sameOrigin(location, registry.baseUrl)) await checkpoint?.save(location)
}

/** The end of `Range: 0-N`, exclusive. `0-0` is said for no byte and for one (item 33): it counts as none. */
export function offsetOf({ headers }: Pick<HttpResponse, 'headers'>): number | undefined {
  const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.range ?? '')
  if (!match) return undefined
  const last = Number(match[1])
  return last === 0 ? 0 : last + 1
}

/** Where the next request of an upload goes. */
export function nextLocation(response: HttpResponse): string | undefined {
  return response.headers.location && resolveLocation(response.headers.location, response.url)
}

async function postUpload(
  place: Repository,
  { digest }: Descriptor,
  { from, signal }: { from?: string | undefined; signal?: AbortSignal | undefined },
): Promise<Session | Exclude<PushOutcome, 'pushed'>> {
  const query = from === undefined ? '' : `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`
  const own = place.scope('pull', 'push')
  const response = await call(place.registry, {
    method: 'POST',
    bulk: true,
    url: apiPath(place.name, 'blobs', `uploads/${query}`),
    what: `blob ${digest} in ${place.location}`,
    scopes: from === undefined || from === place.name ? [own] : [own, repositoryScope(from, 'pull')],
    signal,
    expect: from === undefined ? [202] : [201, 202],
  })
  await discard(response)
  if (response.status === 201) return from === place.name ? 'present' : 'mounted'
  const least = /^\d{1,15}$/.exec(String(response.headers['oci-chunk-min-length'] ?? ''))
  if (least) place.registry.habits.leastChunk = Number(least[0])
  const location = nextLocation(response)
  if (location) return { location, offset: 0 }
  throw new RegctlError('FAILED', `${place.registry.name} opened an upload in ${place.location} and did not say where`)
}

/** The repository behind a location of the same registry: only there can a blob be mounted (item 43). */
function sibling({ name, registry }: Repository, location: string | undefined): string | undefined {
  const prefix = `${registry.name}/`
  const other = location?.startsWith(prefix) ? location.slice(prefix.length) : undefined
  return other === undefined || other === name || registry.known.isRuledOut(other) ? undefined : other
}
