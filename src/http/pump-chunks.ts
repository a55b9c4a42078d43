import { headerLine } from './pump-response.ts'

/** Where in a body in chunks the next byte belongs. */
type State = 'size' | 'data' | 'end of data' | 'trailers' | 'done'

/** Bytes of a line that says a size, or of all trailers together: neither holds anything that is kept. */
const maxLine = 4096

/**
 * Takes a body in chunks apart (RFC 9112, 7.1), piece by piece as it comes. Sizes are bare hexadecimal numbers: extensions mean nothing
 * to anybody, and every reader takes them differently. Trailers are passed over.
 */
export class ChunkReader {
  #state: State = 'size'
  #left = 0
  #line = ''
  #trailers = 0

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Hands the data among the bytes to `take`; how many of them belong to the body, or `undefined` when they are none of a body in chunks. */
  read(bytes: Buffer, take: (data: Buffer) => void): number | undefined {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const data = bytes.subarray(at, at + this.#left)
        take(data)
        at += data.length
        this.#left -= data.length
        if (this.#left === 0) this.#state = 'end of data'
        continue
      }
      const end = bytes.indexOf(0x0a, at)
      const stop = end < 0 ? bytes.length : end + 1
      this.#line += bytes.toString('latin1', at, stop)
      at = stop
      if (this.#line.length + this.#trailers > maxLine) return undefined
      if (end >= 0 && !this.#isUnderstood()) return undefined
    }
    return at
  }

  #isUnderstood(): boolean {
    if (!this.#line.endsWith('\r\n')) return false
    const line = this.#line.slice(0, -2)
    this.#line = ''
    if (this.#state === 'size') return this.#begin(line)
    if (line === '') {
      this.#state = this.#state === 'trailers' ? 'done' : 'size'
      return true
    }
    this.#trailers += line.length
    return this.#state === 'trailers' && headerLine.test(line)
  }

  #begin(line: string): boolean {
    if (!/^[0-9a-fA-F]{1,12}$/.test(line)) return false
    this.#left = Number.parseInt(line, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
    return true
  }
}
