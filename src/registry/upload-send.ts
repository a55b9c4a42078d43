import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { PushOptions } from '../store/store.ts'
import { apiPath, type Call, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'
import type { UploadBody } from './upload-body.ts'
import { checkLocation, withDigest } from './upload-location.ts'
import { nextLocation, offsetOf, remember, type Session } from './upload-session.ts'

export interface Upload {
  target: Descriptor
  body: UploadBody
  session: Session
  options: PushOptions
}

/** Behind a proxy that answers 413 a body is cut into chunks of this many bytes at first, and of less when that is still too large. */
const firstChunk = 64 * 1024 * 1024
/** What the smallest known limit lets through (GHCR takes PATCH bodies up to 4 MiB, item 34). */
const leastChunk = 4 * 1024 * 1024

/**
 * Sends what the registry has not got yet and closes the upload: one PUT with everything from the beginning (safe everywhere, item 39),
 * else PATCH for the rest and an empty PUT. @throws RegistryError, or what broke the connection; then the upload may be asked where it stands
 */
export async function sendBlob(place: Repository, upload: Upload): Promise<void> {
  const { session, target } = upload
  const { habits } = place.registry
  if (session.offset === 0 && (habits.bodyLimit === undefined || target.size <= habits.bodyLimit)) {
    try {
      return await close(place, upload, true)
    } catch (error) {
      if (error instanceof RegistryError && error.status === 413)
        habits.bodyLimit = nextLimit(habits.bodyLimit, target.size)
      throw error
    }
  }
  while (session.offset < target.size) await sendChunk(place, upload)
  await close(place, upload, false)
}

async function sendChunk(place: Repository, { target, body, session, options }: Upload): Promise<void> {
  const { habits } = place.registry
  const { offset } = session
  const end = Math.min(target.size, offset + Math.max(habits.bodyLimit ?? target.size, habits.leastChunk ?? 0))
  let response: HttpResponse
  try {
    response = await call(place.registry, {
      ...common(place, target, options),
      ...checkLocation(session.location, place.registry.baseUrl),
      method: 'PATCH',
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${offset}-${end - 1}` },
      body: { open: () => body.open(offset, end), size: end - offset },
      bulk: true,
      expect: [200, 201, 202, 204],
    })
  } catch (error) {
    if (error instanceof RegistryError && [404, 405, 501].includes(error.status)) habits.noPatch = true
    if (error instanceof RegistryError && error.status === 413)
      habits.bodyLimit = nextLimit(habits.bodyLimit, end - offset)
    throw error
  }
  await discard(response)
  session.location = nextLocation(response) ?? session.location
  // Without Range all of it arrived; a stale Range (ECR) must not be believed for ever, so a chunk that got nowhere is an error (item 34).
  const reached = offsetOf(response) ?? end
  if (reached <= offset || reached > end) {
    habits.noPatch = true
    throw new RegctlError(
      'UNREACHABLE',
      `${place.registry.name} does not say how far the upload of ${target.digest} has got`,
    )
  }
  session.offset = reached
  await remember(place, session, options)
}

/** The closing PUT, with the whole body or with none. */
async function close(place: Repository, { target, body, session, options }: Upload, whole: boolean): Promise<void> {
  const response = await call(place.registry, {
    ...common(place, target, options),
    ...checkLocation(withDigest(session.location, target.digest), place.registry.baseUrl),
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: whole ? { open: () => body.open(0, target.size), size: target.size } : undefined,
    once: whole,
    bulk: whole || undefined,
    expect: [200, 201, 202, 204],
  })
  await discard(response)
  if (response.status !== 202) return
  // Seen on odd proxies: accepted, not said to be kept (item 28).
  await discard(
    await call(place.registry, {
      ...common(place, target, options),
      method: 'HEAD',
      url: apiPath(place.name, 'blobs', target.digest),
      expect: [200],
    }),
  )
}

function common(
  place: Repository,
  { digest }: Descriptor,
  { signal }: PushOptions,
): Pick<Call, 'what' | 'scopes' | 'signal'> {
  return { what: `blob ${digest} in ${place.location}`, scopes: [place.scope('pull', 'push')], signal }
}

function nextLimit(limit: number | undefined, refused: number): number {
  return Math.max(leastChunk, Math.min(limit === undefined ? firstChunk : limit / 2, Math.floor(refused / 2)))
}
