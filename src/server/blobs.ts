import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isNotFound } from '../model/errors.ts'
import { isManifestType, mediaTypes } from '../model/media-types.ts'
import type { Store } from '../store/store.ts'
import { type Exchange, type Handlers, isUnchanged, openRepository } from './exchange.ts'
import type { Repositories } from './repositories.ts'
import { type Headers, Refusal, respondEmpty } from './respond.ts'
import { digestParameter } from './routes.ts'

/** `/v2/<name>/blobs/<digest>`: pull, whole or in part, and delete (end-2, end-10). */
export function blobHandlers(repositories: Repositories): Handlers {
  return {
    async GET(exchange) {
      const { req, res, route } = exchange
      const store = await openRepository(repositories, route.name)
      const blob = await statBlob(store, digestParameter(route.target))
      const headers = blobHeaders(blob)
      if (isUnchanged(req, `"${blob.digest}"`)) return respondEmpty(res, 304, headers)
      const range = parseRange(req, blob)
      if (range === 'unsatisfiable') {
        throw new Refusal(416, 'RANGE_INVALID', `the blob has ${blob.size} bytes`, {
          headers: { 'Content-Range': `bytes */${blob.size}` },
        })
      }
      const { start, end } = range ?? { start: 0, end: blob.size - 1 }
      const length = end - start + 1
      const partial: Headers = range ? { 'Content-Range': `bytes ${start}-${end}/${blob.size}` } : {}
      await sendContent(exchange, {
        status: range ? 206 : 200,
        headers: { ...headers, ...partial, 'Content-Length': length },
        open: async () => take(await store.fetch(blob, { offset: start, signal: exchange.signal }), length),
      })
    },
    async DELETE({ res, route }) {
      const store = await openRepository(repositories, route.name)
      const blob = await statBlob(store, digestParameter(route.target))
      if (await isManifest(store, blob.digest)) throw blobUnknown(blob.digest)
      await store.delete(blob)
      respondEmpty(res, 202)
    },
  }
}

export interface Answer {
  status: number
  headers: Headers
  open: () => Promise<Readable>
}

/** Sends content as it is read; for HEAD, its headers alone. A reader that stops halfway cuts the connection. */
export async function sendContent({ req, res, signal }: Exchange, { status, headers, open }: Answer): Promise<void> {
  if (req.method === 'HEAD') {
    res.writeHead(status, headers)
    res.end()
    return
  }
  const content = await open()
  res.writeHead(status, headers)
  await pipeline(content, res, { signal })
}

async function statBlob(store: Store, digest: Digest): Promise<Descriptor> {
  const found = await store.stat({ digest, mediaType: mediaTypes.octets })
  if (!found) throw blobUnknown(digest)
  return found
}

/** Layouts keep manifests among the blobs; taking one away there would leave a tag that names nothing. */
async function isManifest(store: Store, digest: Digest): Promise<boolean> {
  try {
    return isManifestType((await store.resolve(digest)).mediaType)
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

function blobUnknown(digest: Digest): Refusal {
  return new Refusal(404, 'BLOB_UNKNOWN', 'the blob is not in this repository', { detail: { digest } })
}

function blobHeaders({ digest, size }: Descriptor): Headers {
  return {
    'Content-Type': mediaTypes.octets,
    'Content-Length': size,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'max-age=31536000, immutable',
  }
}

/** One range of bytes (RFC 9110, 14.2). What is malformed, several or conditional on another version counts as not asked. */
function parseRange(req: IncomingMessage, { digest, size }: Descriptor) {
  const condition = req.headers['if-range']
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(req.headers.range ?? '')
  if (!match || (condition !== undefined && condition !== `"${digest}"`)) return undefined
  const [first, last] = [match[1] ?? '', match[2] ?? '']
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  return start > end ? 'unsatisfiable' : { start, end }
}

/** The first `length` bytes; the source is closed after them. */
function take(source: Readable, length: number): Readable {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let left = length
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, left)
      left -= part.length
      if (part.length > 0) yield part
      if (left <= 0) return
    }
  }
  return Readable.from(bytes(), { objectMode: false })
}
