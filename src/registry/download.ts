import { addAbortSignal, Readable } from 'node:stream'
import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { LentBody, lend, through } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import type { FetchOptions, Options } from '../store/store.ts'
import { apiPath, type Call, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { registryError } from './errors.ts'

/** How often a body may break without a byte of progress. */
const attempts = 3

/** The bytes of a blob from `offset` on. A body that breaks is reopened by Range from the last byte (item 18); whoever keeps the bytes verifies them. */
export async function fetchBlob(
  place: Repository,
  target: Pick<Descriptor, 'digest'>,
  { offset = 0, signal }: FetchOptions,
): Promise<Readable> {
  const open = (from: number) => openFrom(place, target, { offset: from, signal })
  const first = await open(offset)
  place.registry.known.add(target.digest, place.name)
  const body = reconnecting(open, first, offset)
  return signal ? addAbortSignal(signal, body) : body
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

function reconnecting(open: (offset: number) => Promise<Readable>, first: Readable, offset: number): LentBody {
  let body = first
  return new LentBody(chunks(), error => body.destroy(error))

  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    let position = offset
    for (let fruitless = 0; ; ) {
      const start = position
      try {
        for await (const chunk of lend(body)) {
          position += chunk.length
          yield chunk
        }
        return
      } catch (error) {
        fruitless = position > start ? 0 : fruitless + 1
        if (fruitless >= attempts || !isBroken(error)) throw error
      }
      body = await open(position)
    }
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof RegctlError && (error.code === 'UNREACHABLE' || error.code === 'STALLED')
}

async function openFrom(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  { offset = 0, signal }: FetchOptions,
): Promise<Readable> {
  const asked = blobCall(place, digest, signal)
  if (offset === 0) return (await call(place.registry, asked)).body
  const response = await call(place.registry, {
    ...asked,
    headers: { range: `bytes=${offset}-` },
    expect: [200, 206, 416],
  })
  if (response.status === 206 && startOf(response) === offset) return response.body
  if (response.status === 416) {
    await discard(response)
    if (offset >= (lengthOf(response) ?? offset)) return Readable.from([])
    throw new RegctlError('FAILED', `${place.registry.name} refuses byte ${offset} of blob ${digest}, which has it`)
  }
  if (response.status === 200) return skip(response.body, offset)
  await discard(response)
  throw new RegctlError(
    'FAILED',
    `${place.registry.name} answers another range of blob ${digest} than the one asked for`,
  )
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

/** `Content-Range: bytes 5-9/10` → 5 */
function startOf({ headers }: HttpResponse): number | undefined {
  const match = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(headers['content-range'] ?? '')
  return match ? Number(match[1]) : undefined
}

/** `Content-Range: bytes * /10` (RFC 9110, 15.5.17) → 10 */
function lengthOf({ headers }: HttpResponse): number | undefined {
  const match = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')
  return match ? Number(match[1]) : undefined
}

/** A registry that ignores Range sends everything again: what is known already is let go. */
function skip(body: Readable, bytes: number): Readable {
  return through(body, async function* (chunks) {
    let left = bytes
    for await (const chunk of chunks) {
      if (left < chunk.length) yield chunk.subarray(left)
      left = Math.max(0, left - chunk.length)
    }
  })
}
