import type { ConnectOpts, Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Method } from './http.ts'
import { ChunkReader } from './pump-chunks.ts'
import { type Head, parseHead } from './pump-response.ts'
import { Gathering, type SlabPool } from './slabs.ts'

/** An answer that only an ordinary client may judge. */
export class OddAnswer extends Error {}

/** What a request was answered with, its body still on the way. */
export interface Answered extends Head {
  chunks: Gathering
}

export interface AskOptions {
  method: Method
  /** A body follows, by way of {@link PumpConnection.out}. */
  hasBody: boolean
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
  /** Takes apart what comes in chunks. */
  reader: ChunkReader | undefined
  head: Head
  options: AskOptions
}

type OnRead = NonNullable<ConnectOpts['onread']>

const maxHead = 64 * 1024
const protocol = 'HTTP/1.'

/**
 * One socket that carries one request after the other: heads are read into a buffer of its own and bodies into slabs, by `onread`, without a
 * stream in between. Whatever comes unasked ends it.
 */
export class PumpConnection {
  /** Settles when requests can be sent, over TLS after the certificate was verified. */
  readonly ready: Promise<void>
  /** Whether it has come about. */
  isReady = false
  /** Whether it has carried a request before this one. */
  isReused = false
  readonly #socket: Socket
  readonly #head = Buffer.allocUnsafeSlow(maxHead)
  #length = 0
  #idleUntil = 0
  #isSent = true
  /** A whole answer was read before all of the request was known to be out: what comes next is for whoever sends that to say. */
  #ahead: (() => void) | undefined
  #onReady: { resolve(): void; reject(error: Error): void } | undefined
  #asked: { options: AskOptions; resolve(answered: Answered): void; reject(error: Error): void } | undefined
  #reading: Reading | undefined

  /** @param connect makes the socket, which is ready with the event `readyOn` */
  constructor(connect: (onread: OnRead) => Socket, readyOn: 'connect' | 'secureConnect') {
    this.#socket = connect({
      buffer: () => this.#room(),
      callback: bytes => this.#read(bytes),
    })
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = { resolve, reject }
    })
    this.#socket
      .once(readyOn, () => {
        this.isReady = true
        this.#onReady?.resolve()
      })
      .on('error', error => this.destroy(error))
      .on('end', () => this.#ahead || this.destroy())
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

  /** Where the body goes that a request was announced with. */
  get out(): Writable {
    return this.#socket
  }

  /** Whether all of the last request has gone out; until then its answer leaves no room for another. */
  get isSent(): boolean {
    return this.#isSent
  }

  /** All of the request's body has gone out, or never will. */
  sent(isTaken: boolean): void {
    this.#isSent = isTaken
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead && !isTaken) this.destroy()
    else ahead?.()
  }

  /** Sends the head of a request. @throws OddAnswer, or what broke the connection or was given to {@link destroy} */
  ask(head: string, options: AskOptions): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(hungUp())
      this.#asked = { options, resolve, reject }
      this.#isSent = !options.hasBody
      this.#socket.ref()
      // Goes out with the first bytes of the body, where those are there already.
      if (options.hasBody) {
        this.#socket.cork()
        process.nextTick(() => this.#socket.uncork())
      }
      this.#socket.write(head, 'latin1')
    })
  }

  /** Stands ready, or soon will, for a request that is still to come: that it breaks until then is nobody's loss. */
  wait(): void {
    this.isReused = true
    this.#idleUntil = performance.now() + waiting * 1000
    this.#socket.unref()
    this.ready.catch(() => {})
  }

  destroy(error: Error = hungUp()): void {
    const [onReady, asked, reading] = [this.#onReady, this.#asked, this.#reading]
    this.#onReady = this.#asked = this.#reading = this.#ahead = undefined
    onReady?.reject(error)
    asked?.reject(error)
    reading?.chunks.fail(reading.options.describe(error))
    this.#socket.destroy()
  }

  /** Where the next bytes are read to: asked for at the end of each read. */
  #room(): Buffer {
    if (this.#reading) return this.#reading.reader ? this.#head : this.#reading.chunks.room()
    return this.#head.subarray(this.#length)
  }

  #read(bytes: number): boolean {
    if (this.#reading) return this.#readOn(bytes, this.#reading)
    this.#length += bytes
    const end = this.#head.subarray(0, this.#length).indexOf('\r\n\r\n', Math.max(0, this.#length - bytes - 3))
    if (end < 0 && this.#asked && this.#length < maxHead && this.#mayBeHttp()) return true
    const head =
      end < 0 || !this.#asked ? undefined : parseHead(this.#head.subarray(0, end), this.#asked.options.method)
    const rest = this.#head.subarray(end + 4, this.#length)
    // Bytes behind an answer belong to none of ours (response splitting).
    if (!this.#asked || !head || rest.length > (head.length ?? rest.length)) {
      this.destroy(new OddAnswer())
      return false
    }
    const { options, resolve } = this.#asked
    const length = head.length ?? Number.POSITIVE_INFINITY
    const chunks = new Gathering({ ...options, length, onDrain: () => this.#socket.resume() })
    const reader = head.length === undefined ? new ChunkReader() : undefined
    this.#asked = undefined
    this.#reading = { chunks, reader, head, options }
    resolve({ ...head, chunks })
    if (!reader) rest.copy(chunks.room())
    return this.#readOn(rest.length, this.#reading, rest)
  }

  /** Who speaks something else may wait for us to answer. */
  #mayBeHttp(): boolean {
    const start = this.#head.toString('latin1', 0, Math.min(this.#length, protocol.length))
    return protocol.startsWith(start)
  }

  /** More of the body, in its room already, or in `bytes` where it comes in chunks. Over TLS that is for each 16 KiB. */
  #readOn(length: number, reading: Reading, bytes?: Buffer): boolean {
    const { chunks, reader } = reading
    if (reader) return this.#readChunks(bytes ?? this.#head.subarray(0, length), reading, reader)
    const taken = Math.min(length, chunks.left)
    const goOn = chunks.took(taken)
    return chunks.left > 0 ? goOn : this.#end(reading, length > taken)
  }

  #readChunks(bytes: Buffer, reading: Reading, reader: ChunkReader): boolean {
    const { chunks } = reading
    let goOn = true
    const taken = reader.read(bytes, data => {
      goOn = chunks.copy(data)
    })
    if (taken === undefined) {
      this.destroy(new OddAnswer())
      return false
    }
    if (!reader.isDone) return goOn
    chunks.end()
    return this.#end(reading, bytes.length > taken)
  }

  /** The body is whole. @param isMore bytes came behind it, which belong to nobody */
  #end({ head, options }: Reading, isMore: boolean): boolean {
    this.#reading = undefined
    this.#length = 0
    const end = () => (isMore || !head.keepAlive ? this.destroy() : this.#rest(head, options))
    if (this.#isSent) end()
    else {
      this.#ahead = end
      // Over TLS an answer may be read before it is told that the last of the request is out: that comes within this turn of the loop.
      if (head.status >= 300) setImmediate(() => this.#ahead === end && this.destroy())
    }
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

/** Seconds; a server that sees no request soon hangs up. */
const waiting = 5

/** Seconds; servers that do not say rarely keep a connection for less. */
const defaultIdle = 60

function hungUp(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
