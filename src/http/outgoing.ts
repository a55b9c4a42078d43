import type { Readable, Writable } from 'node:stream'
import { MismatchError } from '../model/errors.ts'
import type { HttpRequest } from './http.ts'
import { lend } from './lent.ts'

/** A request's body on its way out, which outlives a connection that broke before it took anything. */
export class Outgoing {
  /** Bytes that a connection has taken. */
  taken = 0
  /** Whether a connection has taken any. */
  isTouched = false
  /** What the source failed with. */
  failure: { reason: unknown } | undefined
  readonly #body: Readable
  readonly #chunks: AsyncIterator<Buffer>
  #next: Promise<IteratorResult<Buffer>> | undefined

  constructor(body: Readable) {
    this.#body = body
    this.#chunks = lend(body)[Symbol.asyncIterator]()
  }

  /** The chunk to be sent, the same until it is taken; `undefined` at the end. It may be lent: taking it gives it back. */
  async peek(): Promise<Buffer | undefined> {
    this.#next ??= this.#chunks.next()
    try {
      const { done, value } = await this.#next
      return done ? undefined : value
    } catch (reason) {
      this.failure ??= { reason }
      throw reason
    }
  }

  take(bytes: number): void {
    this.taken += bytes
    this.#next = undefined
  }

  destroy(): void {
    this.#next?.catch(() => {})
    this.#body.destroy()
  }
}

/**
 * Writes a request's body, and sees to it that it is as long as Content-Length says: a shorter one would leave the server waiting. Whether all
 * of it was taken; where not, the carrier or an answer tells why. `onWrite`: the server is to take bytes; false: those of the source are waited
 * for. @throws MismatchError, or what the source failed with
 */
export async function sendBody(
  carrier: Writable,
  { request, body }: { request: HttpRequest; body: Outgoing },
  onWrite: (isWriting: boolean) => void,
): Promise<boolean> {
  const size = request.body?.size ?? 0
  const write = pieceWriter(carrier, () => {
    body.isTouched = true
    onWrite(true)
  })
  for (let chunk = await body.peek(); chunk !== undefined; chunk = await body.peek()) {
    if (carrier.destroyed) return false
    if (body.taken + chunk.length > size) throw mismatch(request, `is longer than its ${size} bytes`)
    onWrite(true)
    if (!(await write(chunk))) return false
    onWrite(false)
    body.take(chunk.length)
  }
  if (body.taken !== size) throw mismatch(request, `ended after ${body.taken} of ${size} bytes`)
  return true
}

function mismatch({ url }: HttpRequest, deed: string): MismatchError {
  return new MismatchError(`the content to send to ${new URL(url).host} ${deed}`)
}

const leastPiece = 64 * 1024
const firstPiece = 256 * 1024
/** Milliseconds: a piece that takes longer shows too seldom that bytes move, one that takes less could be larger. */
const [quick, slow] = [200, 2000]

/**
 * Writes a chunk and resolves when the system has taken all of it, so that its memory may be used again; false when it has not. Large
 * chunks go in one piece where the network is quick, and in several where a stall could not be told from a slow line otherwise.
 */
export function pieceWriter(carrier: Writable, onProgress: () => void): (chunk: Buffer) => Promise<boolean> {
  let piece = firstPiece
  return async chunk => {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + piece)
      const start = performance.now()
      if (!(await write(carrier, part))) return false
      onProgress()
      at += part.length
      const milliseconds = performance.now() - start
      if (milliseconds < quick) piece *= 2
      else if (milliseconds > slow) piece = Math.max(leastPiece, piece / 2)
    }
    return true
  }
}

function write(carrier: Writable, part: Buffer): Promise<boolean> {
  return new Promise(resolve => carrier.write(part, error => resolve(!error)))
}
