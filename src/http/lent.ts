import { Readable } from 'node:stream'
import { abortReason } from './response-body.ts'

/**
 * A body whose chunks are lent: the memory behind one is used again as soon as the next is asked for, so that bytes go from socket to
 * socket without a copy. {@link lend} gives such chunks; whoever reads it as an ordinary stream gets copies and need not know.
 */
export class LentBody extends Readable {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #cancel: (error: Error | undefined) => void
  #isLent = false
  #isOver = false
  #abandon: ((error: Error) => void) | undefined
  #unlisten: (() => void) | undefined

  /**
   * `cancel` frees what the chunks come from, whatever it waits for; after their end it is called as well and has nothing to do.
   * When the signal is aborted before the end, the body fails with its reason.
   */
  constructor(
    chunks: AsyncIterator<Buffer>,
    cancel: (error: Error | undefined) => void,
    signal?: AbortSignal | undefined,
  ) {
    super({ highWaterMark: 64 * 1024 })
    this.#chunks = chunks
    this.#cancel = cancel
    if (signal) this.#listen(signal)
    // What breaks before anybody reads must not take the process down; whoever reads later still gets the error.
    this.on('error', () => {})
  }

  static {
    // Being lent is being read, without 'data' ever being emitted: the throttle asks.
    Object.defineProperty(LentBody.prototype, 'readableDidRead', {
      get(this: LentBody) {
        return this.#isLent || hasEmitted(this)
      },
    })
  }

  /** The chunks themselves, once; the stream ends, fails and is destroyed with them. */
  async *lend(): AsyncGenerator<Buffer, void, undefined> {
    this.#isLent = true
    try {
      for (let next = await this.#next(); !next.done; next = await this.#next()) yield next.value
      this.push(null)
      this.resume()
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error('failed', { cause: error }))
      throw error
    } finally {
      if (!this.#isOver) this.destroy()
    }
  }

  override _read(): void {
    if (this.#isLent) return
    this.#next().then(
      ({ done, value }) => this.push(done ? null : Buffer.from(value)),
      (error: Error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#unlisten?.()
    this.#cancel(error ?? undefined)
    if (this.#abandon) this.#abandon(error ?? closedEarly())
    // Has its turn after a step that is still under way, and frees what that step opens.
    Promise.resolve(this.#chunks.return?.()).catch(() => {})
    callback(error)
  }

  #listen(signal: AbortSignal): void {
    const abort = () => this.destroy(abortReason(signal))
    signal.addEventListener('abort', abort, { once: true })
    this.#unlisten = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) abort()
  }

  /** The next chunk, or at once the reason why nobody waits for it any more. */
  #next(): Promise<IteratorResult<Buffer>> {
    if (this.destroyed) return Promise.reject(this.errored ?? closedEarly())
    return new Promise((resolve, reject) => {
      this.#abandon = reject
      this.#chunks.next().then(next => {
        this.#abandon = undefined
        if (next.done) this.#isOver = true
        resolve(next)
      }, reject)
    })
  }
}

/** The chunks of a body, each valid only until the next is asked for; of one that lends nothing, the ordinary ones. */
export function lend(body: Readable): AsyncIterable<Buffer> {
  return body instanceof LentBody && !body.readableDidRead && !body.readableFlowing ? body.lend() : ordinary(body)
}

/** A body with something done to its chunks on the way: a generator costs one step a chunk where a Transform costs several and a buffer. */
export function through(
  body: Readable,
  transform: (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void, undefined>,
  signal?: AbortSignal | undefined,
): LentBody {
  body.on('error', () => {})
  return new LentBody(transform(lend(body)), error => body.destroy(error), signal)
}

/** The chunks as they come, each told. */
export async function* counting(
  chunks: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    count(chunk.length)
    yield chunk
  }
}

async function* ordinary(body: Readable): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of body) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
}

function hasEmitted(body: Readable): boolean {
  return Reflect.get(Readable.prototype, 'readableDidRead', body) === true
}

function closedEarly(): Error {
  return Object.assign(new Error('the body was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}
