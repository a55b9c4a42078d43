import { pipeline } from 'node:stream'
import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { resolveLocation } from '../http/location.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { verifying } from '../store/read.ts'
import type { PushOptions, PushOutcome } from '../store/store.ts'
import { apiPath, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'
import { checkLocation, withDigest } from './upload-location.ts'

/** How often a blob is begun anew after its upload broke. */
const attempts = 3

/** An upload session, or the word that none is needed. */
type Opened = { location: string } | Exclude<PushOutcome, 'pushed'>

/**
 * Two requests for a blob that is missing: a POST that mounts it or opens an upload, and a PUT with the body (items 27 to 30, 42).
 * Mounting from the destination itself asks "is it here?" in the same breath: 201 when it is, 202 with an upload when not.
 */
export async function pushBlob(
  place: Repository,
  target: Descriptor,
  open: Open,
  options: PushOptions,
): Promise<PushOutcome> {
  for (let attempt = 1; ; attempt++) {
    const opened = await openUpload(place, target, options)
    if (typeof opened === 'string') {
      place.registry.known.add(target.digest, place.name)
      return opened
    }
    try {
      await putBlob(place, target, { location: opened.location, open, options })
      place.registry.known.add(target.digest, place.name)
      return 'pushed'
    } catch (error) {
      if (attempt === attempts || !isWorthAnother(error) || options.signal?.aborted) throw error
    }
  }
}

/** The connection broke, the registry failed, or it lost the session: a fresh upload can still succeed. */
function isWorthAnother(error: unknown): boolean {
  if (error instanceof RegistryError)
    return error.status >= 500 || error.registryCodes.includes('BLOB_UPLOAD_UNKNOWN') || error.status === 416
  return error instanceof RegctlError && (error.code === 'UNREACHABLE' || error.code === 'STALLED')
}

async function openUpload(place: Repository, target: Descriptor, { mountFrom, signal }: PushOptions): Promise<Opened> {
  const { known } = place.registry
  const from = sibling(place, mountFrom) ?? known.find(target.digest, place.name) ?? place.name
  try {
    return await postUpload(place, target, { from, signal })
  } catch (error) {
    // Registries refuse mounts with any of 401, 403, 404, 405 and 5xx; the blob can still be uploaded (item 42).
    if (!(error instanceof RegistryError) || error.code === 'RATE_LIMITED') throw error
    if (from !== place.name) {
      known.forget(target.digest, from)
      // One refusal speaks for the whole repository: asking for each blob would cost a token each time.
      if (error.status === 401 || error.status === 403) known.ruleOut(from)
    }
    return postUpload(place, target, { signal })
  }
}

async function postUpload(
  place: Repository,
  { digest }: Descriptor,
  { from, signal }: { from?: string; signal?: AbortSignal | undefined },
): Promise<Opened> {
  const query = from === undefined ? '' : `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`
  const own = place.scope('pull', 'push')
  const response = await call(place.registry, {
    method: 'POST',
    url: apiPath(place.name, 'blobs', `uploads/${query}`),
    what: `blob ${digest} in ${place.location}`,
    scopes: from === undefined || from === place.name ? [own] : [own, `repository:${from}:pull`],
    signal,
    expect: from === undefined ? [202] : [201, 202],
  })
  await discard(response)
  if (response.status === 201) return from === place.name ? 'present' : 'mounted'
  return { location: locationOf(response, place) }
}

async function putBlob(
  place: Repository,
  target: Descriptor,
  { location, open, options }: { location: string; open: Open; options: PushOptions },
): Promise<void> {
  const verified: Open = async offset => pipeline(await open(offset), verifying(target), () => {})
  const response = await call(place.registry, {
    ...checkLocation(withDigest(location, target.digest), place.registry.baseUrl),
    method: 'PUT',
    what: `blob ${target.digest} in ${place.location}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: { open: verified, size: target.size },
    scopes: [place.scope('pull', 'push')],
    signal: options.signal,
    once: true,
    expect: [200, 201, 202, 204],
  })
  await discard(response)
  if (response.status !== 202) return
  // Seen on odd proxies: accepted, not said to be kept (item 28).
  const head = await call(place.registry, {
    method: 'HEAD',
    url: apiPath(place.name, 'blobs', target.digest),
    what: `blob ${target.digest} in ${place.location}`,
    scopes: [place.scope('pull')],
    signal: options.signal,
    expect: [200],
  })
  await discard(head)
}

/** The repository behind a location of the same registry: only there can a blob be mounted (item 43). */
function sibling({ name, registry }: Repository, location: string | undefined): string | undefined {
  const prefix = `${registry.name}/`
  const other = location?.startsWith(prefix) ? location.slice(prefix.length) : undefined
  return other === undefined || other === name || registry.known.isRuledOut(other) ? undefined : other
}

function locationOf(response: HttpResponse, place: Repository): string {
  const location = response.headers.location && resolveLocation(response.headers.location, response.url)
  if (location) return location
  throw new RegctlError('FAILED', `${place.registry.name} opened an upload in ${place.location} and did not say where`)
}
