import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { RegctlError } from '../model/errors.ts'
import { failureOf } from './failures.ts'

/** No byte moved for too long, in either direction. */
export function stalled(sentence: string): RegctlError {
  return new RegctlError('STALLED', sentence, { hint: 'try again; check the network' })
}

/** What an aborted request or body fails with: the reason that the signal carries. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

/** What a body fails with when its connection breaks. */
export function cutShort(error: Error, host: string): RegctlError {
  const failure = failureOf(error, host)
  if (failure.code !== 'UNREACHABLE') return failure
  return new RegctlError('UNREACHABLE', `${host} closed the connection before the whole answer was there`, {
    hint: 'try again',
    cause: failure.cause,
  })
}

export interface BodyOptions {
  host: string
  /** Milliseconds without a byte, while one is wanted, after which the body fails with STALLED. */
  stallTimeout: number
  signal?: AbortSignal | undefined
  /** Frees the connection's other belongings, whatever way the body ended. */
  onClose(): void
}

/** As much of a refusal as is kept when the server hangs up on an upload behind it. */
const maxEarly = 1024 * 1024

/**
 * A response's bytes as a stream that fails with a RegctlError when the connection breaks, ends short or stalls, and with the
 * signal's reason when aborted. A reader that takes its time is no stall.
 */
export class ResponseBody extends Readable {
  readonly #source: IncomingMessage
  readonly #options: BodyOptions
  #wanted = false
  #timer: NodeJS.Timeout | undefined
  #early: number | undefined
  #ended = false

  constructor(source: IncomingMessage, options: BodyOptions) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
    this.#options = options
    // A body that breaks before anybody reads it must not take the process down; whoever reads it later still gets the error.
    this.on('error', () => {})
    source.on('readable', this.#pump)
    source.once('end', this.#finish)
    source.once('error', this.#fail)
    source.once('close', this.#onSourceClose)
    options.signal?.addEventListener('abort', this.#abort, { once: true })
    if (options.signal?.aborted) this.#abort()
  }

  /**
   * The answer came before the upload was done and the connection may go at any moment: takes what is there without being asked,
   * and ends where the connection does. A refusal's text may then be cut off; its status is what counts.
   */
  takeEarly(): void {
    this.#early = 0
    this.#pump()
  }

  override _read(): void {
    this.#wanted = true
    this.#pump()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#source.off('readable', this.#pump)
    this.#options.signal?.removeEventListener('abort', this.#abort)
    if (!this.#source.readableEnded) this.#source.destroy()
    this.#options.onClose()
    callback(error)
  }

  readonly #pump = (): void => {
    while (this.#wanted || this.#early !== undefined) {
      const chunk: Buffer | null = this.#source.read()
      if (chunk === null) break
      if (this.#early !== undefined) this.#early += chunk.length
      if (this.#early !== undefined && this.#early > maxEarly) this.#finish()
      if (this.#ended) return
      this.#wanted = this.push(chunk)
    }
    this.#watch()
  }

  #watch(): void {
    if (!this.#wanted || this.#ended || this.destroyed) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      return
    }
    this.#timer ??= setTimeout(this.#stall, this.#options.stallTimeout)
    this.#timer.refresh()
  }

  readonly #stall = (): void => {
    const { host, stallTimeout } = this.#options
    this.destroy(stalled(`${host} sent nothing for ${Math.round(stallTimeout / 1000)} seconds`))
  }

  readonly #finish = (): void => {
    if (this.#ended || this.destroyed) return
    this.#ended = true
    this.#watch()
    this.push(null)
  }

  readonly #fail = (error: Error): void => {
    if (this.#early !== undefined) this.#finish()
    if (this.#ended || this.#source.readableEnded) return
    this.destroy(cutShort(error, this.#options.host))
  }

  readonly #onSourceClose = (): void => {
    if (this.#source.readableEnded || this.#source.complete) return
    this.#fail(new Error('closed'))
  }

  readonly #abort = (): void => {
    this.destroy(abortReason(this.#options.signal))
  }
}
