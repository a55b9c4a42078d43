import { close, fstat, open, read } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { LentBody } from '../http/lent.ts'

const windowSize = 64 * 1024
const chunkSize = 256 * 1024

/** Closes what nobody closed once nobody can read from it any more. */
const forgotten = new FinalizationRegistry<number>(fd => close(fd, () => {}))

/**
 * A file that is open and read from anywhere, by several at once: who has it open reads the same content to its end, whatever gets its
 * name meanwhile. A descriptor and not a FileHandle, which complains when it is forgotten.
 */
export class RandomAccess {
  /** Bytes. */
  readonly size: number
  readonly #fd: number
  #streams = 0
  #isOver = false
  #window: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) }

  /** Takes the descriptor over. */
  constructor(fd: number, size: number) {
    this.#fd = fd
    this.size = size
    forgotten.register(this, fd, this)
  }

  /** At most so many bytes, fewer only at the end; neighbours are read together. */
  async at(position: number, length: number): Promise<Buffer> {
    const { start, bytes } = this.#window
    if (position < start || position + length > start + bytes.length) {
      const buffer = Buffer.alloc(Math.max(windowSize, length))
      this.#window = { start: position, bytes: buffer.subarray(0, await this.#fill(buffer, position)) }
    }
    const from = position - this.#window.start
    return this.#window.bytes.subarray(from, from + length)
  }

  /** From `start` up to, but not with, `end`. */
  stream(start: number, end: number): Readable {
    this.#streams += 1
    return new LentBody(this.#chunks(start, end), () => {
      this.#streams -= 1
      if (this.#isOver) this.close()
    })
  }

  /** Lets go of the file as soon as nobody reads from it. */
  close(): void {
    this.#isOver = true
    if (this.#streams === 0 && forgotten.unregister(this)) close(this.#fd, () => {})
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    const buffer = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(0, end - start)))
    for (let position = start; position < end; ) {
      const { bytesRead } = await readAt(this.#fd, buffer, 0, Math.min(buffer.length, end - position), position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  async #fill(buffer: Buffer, position: number): Promise<number> {
    let filled = 0
    for (let got = -1; got !== 0 && filled < buffer.length; filled += got) {
      got = (await readAt(this.#fd, buffer, filled, buffer.length - filled, position + filled)).bytesRead
    }
    return filled
  }
}

/** @throws the system's own errors */
export async function openRandomAccess(path: string): Promise<RandomAccess> {
  const fd = await openFile(path, 'r')
  return new RandomAccess(fd, (await statFile(fd)).size)
}

const openFile = promisify(open)
const statFile = promisify(fstat)
const readAt = promisify(read)
