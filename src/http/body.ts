import { Readable } from 'node:stream'
import { InvalidContentError } from '../model/errors.ts'
import type { HttpResponse } from './http.ts'

class NoBody extends Readable {
  /** Readable's own leaves listeners behind when it is at its end. */
  override [Symbol.asyncIterator](): ReturnType<Readable[typeof Symbol.asyncIterator]> {
    return Readable.from([])[Symbol.asyncIterator]()
  }
}

/** The body of an answer that has none: at its end, and one for all, since most answers to an upload are such. */
export const noBody: Readable = new NoBody().resume()
noBody.push(null)

/**
 * Reads a whole body of at most `cap` bytes; nothing is set aside ahead by Content-Length (T12).
 * @throws InvalidContentError when it is longer; what broke the connection when it breaks.
 */
export async function readAll(response: HttpResponse, cap: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > cap) {
      response.body.destroy()
      throw new InvalidContentError(`${new URL(response.url).host} sent more than ${cap} bytes where less was due`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** The first `cap` bytes of a body as text, less when it breaks; the rest is let go (T12). For errors, whose status speaks for itself. */
export async function readStart(response: Pick<HttpResponse, 'body'>, cap: number): Promise<string> {
  return (await readStartBytes(response, cap)).toString('utf8')
}

/** As {@link readStart}, byte for byte. */
export async function readStartBytes({ body }: Pick<HttpResponse, 'body'>, cap: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= cap) break
    }
  } catch {
    // A body that breaks leaves the status to speak for itself.
  }
  body.destroy()
  return Buffer.concat(chunks).subarray(0, cap)
}

/** What is still worth reading so that the connection can be used again; beyond that a new one is cheaper. */
const worthDraining = 64 * 1024

/** Gets rid of a body that nobody wants: reads a short rest, cuts a long one. Never throws. */
export async function discard(response: HttpResponse): Promise<void> {
  const { body } = response
  if (body.readableEnded) return
  const length = Number(response.headers['content-length'] ?? Number.NaN)
  if (length > worthDraining) {
    destroyQuietly(response)
    return
  }
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > worthDraining) break
    }
  } catch {
    // It was not wanted anyway.
  }
}

function destroyQuietly({ body }: HttpResponse): void {
  body.on('error', () => {})
  body.destroy()
}
