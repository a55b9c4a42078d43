import type { ConnectOpts, Socket } from 'node:net'
import { type Head, parseHead } from './pump-response.ts'
import { Gathering, type SlabPool } from './slabs.ts'

/** An answer that only an ordinary client may judge. */
export class OddAnswer extends Error {}

/** What a request was answered with, its body still on the way. */
export interface Answered extends Head {
  chunks: Gathering
}

export interface AskOptions {
  pool: SlabPool
  /** Somebody waits for bytes of the body, or another few came; `false`: nobody waits any more. */
  onWait(isWaiting: boolean): void
  /** The body has been read in full, and the connection can carry another request. */
  onFree(): void
  /** What a body fails with when the connection breaks. */
  describe(error: Error): Error
}

interface Reading {
  chunks: Gathering
  head: Head
  options: AskOptions
}

type OnRead = NonNullable<ConnectOpts['onread']>

const maxHead = 64 * 1024

/**
 * One socket that carries one GET after the other: heads are read into a buffer of its own and bodies into slabs, by `onread`, without a
 * stream in between. Whatever comes unasked ends it.
 */
export class PumpConnection {
  /** Settles when requests can be sent, over TLS after the certificate was verified. */
  readonly ready: Promise<void>
  /** Whether it has carried a request before this one. */
  isReused = false
  readonly #socket: Socket
  readonly #head = Buffer.allocUnsafeSlow(maxHead)
  #length = 0
  #idleUntil = 0
  #onReady: { resolve(): void; reject(error: Error): void } | undefined
  #asked: { options: AskOptions; resolve(answered: Answered): void; reject(error: Error): void } | undefined
  #reading: Reading | undefined

  /** @param connect makes the socket, which is ready with the event `readyOn` */
  constructor(connect: (onread: OnRead) => Socket, readyOn: 'connect' | 'secureConnect') {
    this.#socket = connect({
      buffer: () => this.#reading?.chunks.room() ?? this.#head.subarray(this.#length),
      callback: bytes => this.#read(bytes),
    })
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = { resolve, reject }
    })
    this.#socket
      .once(readyOn, () => this.#onReady?.resolve())
      .on('error', error => this.destroy(error))
      .on('end', () => this.destroy())
      .on('close', () => this.destroy())
      .resume()
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  /** Whether a byte of an answer to the last request has come. */
  get hasHeard(): boolean {
    return this.#length > 0
  }

  /** Whether it stands idle and the server has promised to keep it so. */
  get isUsable(): boolean {
    return !this.#socket.destroyed && performance.now() < this.#idleUntil
  }

  /** Sends the head of a GET. @throws OddAnswer, or what broke the connection or was given to {@link destroy} */
  ask(head: string, options: AskOptions): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#asked = { options, resolve, reject }
      this.#socket.ref()
      this.#socket.write(head, 'latin1')
    })
  }

  destroy(error: Error = hungUp()): void {
    const [onReady, asked, reading] = [this.#onReady, this.#asked, this.#reading]
    this.#onReady = this.#asked = this.#reading = undefined
    onReady?.reject(error)
    asked?.reject(error)
    reading?.chunks.fail(reading.options.describe(error))
    this.#socket.destroy()
  }

  #read(bytes: number): boolean {
    if (this.#reading) return this.#readBody(bytes, this.#reading)
    this.#length += bytes
    const end = this.#head.subarray(0, this.#length).indexOf('\r\n\r\n', Math.max(0, this.#length - bytes - 3))
    if (end < 0 && this.#asked && this.#length < maxHead) return true
    const head = end < 0 ? undefined : parseHead(this.#head.subarray(0, end))
    const rest = this.#length - end - 4
    // Bytes behind an answer belong to none of ours (response splitting).
    if (!this.#asked || !head || rest > head.length) {
      this.destroy(new OddAnswer())
      return false
    }
    const { options, resolve } = this.#asked
    const { length } = head
    const chunks = new Gathering({ ...options, length, onDrain: () => this.#socket.resume() })
    this.#asked = undefined
    this.#reading = { chunks, head, options }
    resolve({ ...head, chunks })
    this.#head.copy(chunks.room(), 0, end + 4, this.#length)
    return this.#readBody(rest, this.#reading)
  }

  #readBody(bytes: number, { chunks, head, options }: Reading): boolean {
    const isTooMuch = bytes > chunks.left
    const goOn = chunks.took(Math.min(bytes, chunks.left))
    if (chunks.left > 0) return goOn
    this.#reading = undefined
    this.#length = 0
    if (isTooMuch || !head.keepAlive) this.destroy()
    else this.#rest(head, options)
    return true
  }

  /** Between two requests nothing is due, and the process need not stay for it. */
  #rest({ idleSeconds }: Head, { onFree }: AskOptions): void {
    this.isReused = true
    this.#idleUntil = performance.now() + Math.max(0, (idleSeconds ?? defaultIdle) - 1) * 1000
    this.#socket.unref()
    // A body that came faster than it was wanted may have stopped it.
    this.#socket.resume()
    onFree()
  }
}

/** Seconds; servers that do not say rarely keep a connection for less. */
const defaultIdle = 60

function hungUp(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
