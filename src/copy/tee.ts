import type { Readable } from 'node:stream'
import { LentBody, lend } from '../http/lent.ts'
import type { Open } from '../model/content.ts'

/** One read for several readers. */
export interface Tee {
  /** How the reader at this position opens the content. */
  open(reader: number): Open
  /** It will not open any more. */
  leave(reader: number): void
}

export interface TeeOptions {
  /** Milliseconds that readers wait for one that does not begin, or takes nothing. */
  patience?: number | undefined
}

/** Bytes that wait for a reader which is slower than the others. */
const room = 1024 * 1024
const defaultPatience = 10_000

/**
 * Reads once for several readers, at the pace of the slowest: it begins when each has opened from the first byte or left, and at most
 * `room` bytes wait for each. Who opens later or further on, or again, reads for itself; so does, from where it is, one that keeps
 * the others waiting too long.
 */
export function tee(open: Open, readers: number, { patience = defaultPatience }: TeeOptions = {}): Tee {
  const undecided = new Set(Array.from({ length: readers }, (_, at) => at))
  const joined = new Map<number, Reader>()
  let begun = false
  let timer: NodeJS.Timeout | undefined

  function decide(reader: number): void {
    undecided.delete(reader)
    if (undecided.size === 0 && joined.size > 0) begin()
  }

  function begin(): void {
    clearTimeout(timer)
    if (begun) return
    begun = true
    // Who prepared to read and then needed nothing has closed its body.
    const [first, ...others] = [...joined.values()].filter(reader => reader.isListening)
    // Alone it takes the body as it is, without a copy.
    if (first && others.length === 0) first.readAlone()
    else if (first) void pump(open, [first, ...others], patience)
  }

  return {
    open:
      reader =>
      async (offset = 0) => {
        if (offset > 0 || begun || joined.has(reader)) {
          decide(reader)
          return open(offset)
        }
        const own = new Reader(open)
        joined.set(reader, own)
        if (joined.size === 1) timer = setTimeout(begin, patience).unref()
        decide(reader)
        return own.body()
      },
    leave: reader => decide(reader),
  }
}

/** Reads to the end, or until nobody listens any more. */
async function pump(open: Open, readers: readonly Reader[], patience: number): Promise<void> {
  const listening = () => readers.filter(reader => reader.isListening)
  try {
    for await (const chunk of lend(await open(0))) {
      // What is lent is used again by whoever lent it; each reader has its own time.
      const own = Buffer.from(chunk)
      for (const reader of listening()) reader.give(own)
      while (listening().some(reader => reader.isFull)) await Promise.race(waitFor(listening(), patience))
      if (listening().length === 0) return
    }
    for (const reader of listening()) reader.end()
  } catch (error) {
    for (const reader of listening()) reader.end(error)
  }
}

/** Who is full while others have taken all: when patience ends, it goes on alone. */
function waitFor(readers: readonly Reader[], patience: number): Promise<void>[] {
  const full = readers.filter(reader => reader.isFull)
  const taken = full.map(reader => reader.taken())
  if (full.length === readers.length) return taken
  const late = new Promise<void>(resolve => {
    const timer = setTimeout(() => {
      for (const reader of full) if (reader.isFull) reader.readAlone()
      resolve()
    }, patience).unref()
    void Promise.race(taken).then(() => clearTimeout(timer))
  })
  return [...taken, late]
}

class Reader {
  readonly #open: Open
  #queue: Buffer[] = []
  #waiting = 0
  #at = 0
  #state: 'listening' | 'alone' | 'ended' | 'closed' = 'listening'
  #error: unknown
  #wake = () => {}
  #tookSome = () => {}

  constructor(open: Open) {
    this.#open = open
  }

  get isListening(): boolean {
    return this.#state === 'listening'
  }

  get isFull(): boolean {
    return this.isListening && this.#waiting >= room
  }

  body(): Readable {
    return new LentBody(this.#chunks(), () => this.#become('closed'))
  }

  give(chunk: Buffer): void {
    this.#queue.push(chunk)
    this.#waiting += chunk.length
    this.#wake()
  }

  /** No more comes; with an error when the read failed. */
  end(error?: unknown): void {
    this.#error = error
    this.#become('ended')
  }

  /** From what it has taken on, it reads for itself. */
  readAlone(): void {
    this.#become('alone')
  }

  /** When it takes something, or does not listen any more. */
  taken(): Promise<void> {
    return new Promise(resolve => {
      this.#tookSome = resolve
    })
  }

  #become(state: 'alone' | 'ended' | 'closed'): void {
    if (this.#state !== 'closed') this.#state = state
    this.#wake()
    this.#tookSome()
  }

  async *#chunks(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk = this.#queue.shift()
      if (chunk) {
        this.#waiting -= chunk.length
        this.#at += chunk.length
        this.#tookSome()
        yield chunk
      } else if (this.#state === 'listening') {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      } else break
    }
    if (this.#state === 'alone') yield* lend(await this.#open(this.#at))
    else if (this.#error !== undefined) throw this.#error
  }
}
