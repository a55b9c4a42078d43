import { Readable } from 'node:stream'
import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { LentBody } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import type { FetchOptions, Options } from '../store/store.ts'
import { apiPath, type Call, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { registryError } from './errors.ts'
import { type RangedBlob, RangedDownload } from './ranges.ts'
import { reopening, skip } from './reopen.ts'

/**
 * The bytes of a blob from `offset` on. A body that breaks is reopened by Range from the last byte (item 18), and a large one that comes
 * slowly is fetched over several connections; whoever keeps the bytes verifies them.
 */
export async function fetchBlob(
  place: Repository,
  target: Pick<Descriptor, 'digest'>,
  { offset = 0, signal }: FetchOptions,
): Promise<Readable> {
  const { known, habits, downloads } = place.registry
  const open = (from: number) => openFrom(place, target, { offset: from, signal })
  const first = await open(offset)
  known.add(target.digest, place.name)
  const size = first.size ?? 0
  const isLarge = size - offset >= downloads.rules.least
  const openPart: RangedBlob['openRange'] = (from, to, cancel) =>
    openRange(place, target, { from, to, whole: first, signal: signal ? AbortSignal.any([signal, cancel]) : cancel })
  const ranged = isLarge ? new RangedDownload({ size, openRange: openPart, downloads, habits }) : undefined
  let opened = first.body
  const reading = {
    open: async (from: number) => {
      opened = (await open(from)).body
      return opened
    },
    from: offset,
    first: opened,
  }
  const cancel = (error: Error | undefined) => {
    opened.destroy(error)
    ranged?.close()
  }
  return new LentBody(ranged ? ranged.read(reading) : reopening(reading), cancel, signal)
}

/** Whether a blob is there, and its size, by HEAD, or by a GET that is let go where HEAD is refused (item 22). @throws NotFound-coded RegistryError */
export async function statBlob(
  place: Repository,
  target: Pick<Descriptor, 'digest' | 'mediaType'>,
  { signal }: Options,
): Promise<Descriptor> {
  const asked = blobCall(place, target.digest, signal)
  let response = await place.registry.send({ ...asked, url: place.registry.baseUrl + asked.url, method: 'HEAD' })
  if (response.status !== 200) {
    const { status } = response
    if (status === 404 || status === 429 || status >= 500)
      throw await registryError(response, { registry: place.registry.name, what: asked.what })
    await discard(response)
    response = await call(place.registry, asked)
  }
  await discard(response)
  place.registry.known.add(target.digest, place.name)
  return { mediaType: target.mediaType, digest: target.digest, size: Number(response.headers['content-length'] ?? 0) }
}

/** A body, and what its answer says of the whole blob. */
interface Opened {
  body: Readable
  /** Bytes. */
  size: number | undefined
  etag: string | undefined
}

async function openFrom(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  { offset = 0, signal }: FetchOptions,
): Promise<Opened> {
  const asked = blobCall(place, digest, signal)
  if (offset === 0) {
    const response = await call(place.registry, asked)
    const { 'content-length': length, etag } = response.headers
    return { body: response.body, size: length === undefined ? undefined : Number(length), etag }
  }
  const response = await call(place.registry, {
    ...asked,
    headers: { range: `bytes=${offset}-` },
    expect: [200, 206, 416],
  })
  const { etag } = response.headers
  const range = rangeOf(response)
  if (response.status === 206 && range?.start === offset) return { body: response.body, size: range.size, etag }
  if (response.status === 416 && offset >= (lengthOf(response) ?? Number.POSITIVE_INFINITY)) {
    await discard(response)
    return { body: Readable.from([]), size: offset, etag }
  }
  // Everything again, another range, or a refusal of what it has: it does not give parts, and is asked for the whole.
  place.registry.habits.noRanges = true
  const whole = response.status === 200 ? response : await wholeInstead(place, asked, response)
  return { body: skip(whole.body, offset), size: undefined, etag: whole.headers.etag }
}

async function wholeInstead({ registry }: Repository, asked: Call, refused: HttpResponse): Promise<HttpResponse> {
  await discard(refused)
  return call(registry, asked)
}

/** A part of a blob, and nothing in its place. @throws RegctlError for another part, another size, another entity tag */
async function openRange(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  { from, to, whole, signal }: { from: number; to: number; whole: Opened; signal: AbortSignal },
): Promise<Readable> {
  const response = await call(place.registry, {
    ...blobCall(place, digest, signal),
    headers: { range: `bytes=${from}-${to - 1}` },
    expect: [200, 206, 416],
  })
  const range = response.status === 206 ? rangeOf(response) : undefined
  const isAsked = range?.start === from && range.end === to && (range.size ?? whole.size) === whole.size
  if (isAsked && (response.headers.etag ?? whole.etag) === (whole.etag ?? response.headers.etag)) return response.body
  if (!isAsked) place.registry.habits.noRanges = true
  // Perhaps the whole blob: not a byte of it is waited for.
  response.body.destroy()
  throw anotherRange(place, digest)
}

function anotherRange({ registry }: Repository, digest: Digest): RegctlError {
  return new RegctlError('FAILED', `${registry.name} answers another range of blob ${digest} than the one asked for`)
}

function blobCall(place: Repository, digest: Digest, signal: AbortSignal | undefined): Call {
  return {
    method: 'GET',
    url: apiPath(place.name, 'blobs', digest),
    what: `blob ${digest} in ${place.location}`,
    scopes: [place.scope('pull')],
    signal,
    bulk: true,
    expect: [200],
  }
}

/** `Content-Range: bytes 5-8/10` → `{ start: 5, end: 9, size: 10 }`, the end being the first byte behind it. */
function rangeOf({ headers }: HttpResponse): { start: number; end: number; size: number | undefined } | undefined {
  const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (start === undefined || last === undefined) return undefined
  return { start: Number(start), end: Number(last) + 1, size: size === '*' ? undefined : Number(size) }
}

/** `Content-Range: bytes * /10` (RFC 9110, 15.5.17) → 10 */
function lengthOf({ headers }: HttpResponse): number | undefined {
  const match = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')
  return match ? Number(match[1]) : undefined
}
