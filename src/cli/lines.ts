/** Characters; more than a page of a list holds is not kept back. */
const most = 64 * 1024

/**
 * Lines of a result that is a stream: those of one moment go out together, and whoever makes them waits for a reader that is slower,
 * so that a list takes no more memory than its pages.
 */
export class Lines {
  readonly #out: NodeJS.WriteStream
  #pending = ''

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  /** Resolves when more may come. */
  async write(line: string): Promise<void> {
    if (this.#pending === '') setImmediate(() => this.flush())
    this.#pending += `${line}\n`
    if (this.#pending.length > most) this.flush()
    // Nobody drains what has failed or was closed meanwhile.
    if (this.#out.writableNeedDrain)
      await new Promise<void>(resolve => this.#out.once('drain', resolve).once('close', resolve))
  }

  /** Before anything else is printed. */
  flush(): void {
    if (this.#pending !== '') this.#out.write(this.#pending)
    this.#pending = ''
  }
}
