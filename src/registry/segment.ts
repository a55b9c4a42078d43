/** A part of a blob that is fetched ahead of its reader into memory, and read while it is being filled. */
export class Segment {
  readonly start: number
  /** The first byte behind it. */
  readonly end: number
  readonly #memory: Buffer
  #filled = 0
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(memory: Buffer, { start, end }: { start: number; end: number }) {
    this.#memory = memory
    this.start = start
    this.end = end
  }

  /** A byte of it has come. */
  get isAnswered(): boolean {
    return this.#filled > 0
  }

  /** No more than is missing. */
  append(chunk: Buffer): void {
    this.#filled += chunk.copy(this.#memory, this.#filled)
    this.#wake?.()
  }

  /** No more comes; what did is still read. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }

  /** Its bytes as they come, to its end or until it fails; then what came can be told by their number. */
  async *read(): AsyncGenerator<Buffer, void, undefined> {
    const size = this.end - this.start
    for (let given = 0; given < size; ) {
      while (given === this.#filled) {
        if (this.#failure) return
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
      const part = this.#memory.subarray(given, this.#filled)
      given += part.length
      yield part
    }
  }

  /** Its memory, for another: nobody fills or reads it any more. */
  release(): Buffer {
    return this.#memory
  }
}
