import type { Readable } from 'node:stream'
import type { Downloads } from './downloads.ts'
import type { Habits } from './endpoint.ts'
import { Growth } from './growth.ts'
import { type Reading, reopening } from './reopen.ts'
import { Segment } from './segment.ts'

/** A blob that can be had in parts. */
export interface RangedBlob {
  /** Bytes of the whole. */
  size: number
  /** The bytes from `from` up to `to`, and no others. @throws RegctlError when the registry gives anything else */
  openRange(from: number, to: number, signal: AbortSignal): Promise<Readable>
  downloads: Downloads
  habits: Habits
}

const maxAhead = 16 * 1024 * 1024

/**
 * Reads a large blob in order over one connection, and over several where that is faster: the first goes on up to where segments begin
 * that others fetch ahead, into memory. Whatever goes wrong with a segment ends that, and the rest comes over one connection again.
 */
export class RangedDownload {
  readonly #blob: RangedBlob
  readonly #growth: Growth
  #cancel = new AbortController()
  /** Fetched or being fetched, in order and without a gap; each holds memory. */
  readonly #segments: Segment[] = []
  readonly #spare: Buffer[] = []
  /** Pieces of memory, in use or spare: they are given back at the end, so that a blob that has begun this way never waits for another. */
  #memory = 0
  /** Where the next segment begins; `undefined` before there is one. */
  #next: number | undefined
  /** Where the first connection's part ends: only once a segment has been answered is it known that there will be any. */
  #cut: number | undefined
  #isFirstOpen = true
  #fetching = 0
  /** No further segments. */
  #isOver = false
  #isClosed = false

  constructor(blob: RangedBlob) {
    this.#blob = blob
    this.#growth = new Growth(blob.downloads, blob.habits)
  }

  /** The chunks from `reading.from` on, lent. */
  async *read(reading: Omit<Reading, 'until'>): AsyncGenerator<Buffer, void, undefined> {
    let position = reading.from
    try {
      for await (const chunk of this.#readFirst(reading)) {
        position += chunk.length
        yield chunk
      }
      for (let [segment] = this.#segments; segment && position === segment.start; [segment] = this.#segments) {
        for await (const part of segment.read()) {
          position += part.length
          yield part
        }
        if (position < segment.end) break
        this.#segments.shift()
        this.#spare.push(segment.release())
        this.#fetchAhead()
      }
      if (this.#isClosed) throw new Error('the download was closed before its end')
      this.close()
      if (this.#cut !== undefined && position < this.#blob.size)
        yield* reopening({ open: reading.open, from: position })
    } finally {
      this.close()
    }
  }

  /** Stops whatever is being fetched, and gives its memory back. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = this.#isOver = true
    this.#growth.end()
    // A part of it may still be out, and be being written.
    const read = this.#segments[0]?.release()
    this.#drop()
    this.#blob.downloads.give(
      this.#memory,
      this.#spare.filter(memory => memory !== read),
    )
  }

  async *#readFirst(reading: Omit<Reading, 'until'>): AsyncGenerator<Buffer, void, undefined> {
    const { downloads } = this.#blob
    let position = reading.from
    downloads.connections++
    try {
      let asked = downloads.now()
      for await (const chunk of reopening({ ...reading, until: () => this.#cut ?? Number.POSITIVE_INFINITY })) {
        position += chunk.length
        this.#growth.came(chunk.length, downloads.now() - asked)
        this.#consider(position)
        yield chunk
        asked = downloads.now()
      }
    } finally {
      downloads.connections--
      this.#isFirstOpen = false
    }
    this.#fetchAhead()
  }

  /** @param position of the first connection, when it is the one that moved */
  #consider(position?: number): void {
    if (this.#isOver) return
    const { size } = this.#blob
    this.#growth.consider({
      left: size - (this.#next ?? position ?? size),
      isAnswered: this.#segments.every(({ isAnswered }) => isAnswered),
    })
    const [first] = this.#segments
    if (this.#growth.wanted === 1) {
      if (this.#cut !== undefined) this.#isOver = true
      else if (this.#next !== undefined) this.#abandon()
    } else if (position !== undefined) {
      // It got there before anybody else answered.
      if (this.#cut === undefined && first && position > first.start) this.#abandon()
      else this.#next ??= this.#firstAhead(position)
    }
    this.#fetchAhead()
  }

  /** So far ahead that the first connection is still busy when the others are answered. */
  #firstAhead(position: number): number {
    const ahead = Math.max(this.#blob.downloads.rules.segment, Math.min(maxAhead, this.#growth.rate))
    return Math.floor(position + Math.min(ahead, (this.#blob.size - position) / 2))
  }

  #fetchAhead(): void {
    const { size, downloads } = this.#blob
    for (;;) {
      const start = this.#next
      const most = this.#growth.wanted - (this.#isFirstOpen ? 1 : 0)
      if (this.#isOver || start === undefined || start >= size || this.#fetching >= most) return
      const memory = this.#spare.pop() ?? this.#take()
      if (memory === undefined) return
      const segment = new Segment(memory, { start, end: Math.min(start + downloads.rules.segment, size) })
      this.#segments.push(segment)
      this.#next = segment.end
      this.#fetch(segment, this.#cancel.signal)
    }
  }

  #take(): Buffer | undefined {
    const { downloads } = this.#blob
    const memory = this.#memory < downloads.rules.segmentsPerBlob ? downloads.take() : undefined
    if (memory) this.#memory++
    return memory
  }

  /** Never rejects: what went wrong is told to whoever reads the segment. */
  async #fetch(segment: Segment, signal: AbortSignal): Promise<void> {
    const { downloads } = this.#blob
    this.#fetching++
    downloads.connections++
    try {
      await this.#fill(segment, signal)
    } catch (error) {
      segment.fail(error instanceof Error ? error : new Error('failed', { cause: error }))
      if (this.#cut !== undefined) this.#isOver = true
      else if (this.#segments.includes(segment)) this.#abandon()
    } finally {
      this.#fetching--
      downloads.connections--
    }
    this.#consider()
  }

  async #fill(segment: Segment, signal: AbortSignal): Promise<void> {
    const { start, end } = segment
    const open = (from: number) => this.#blob.openRange(from, end, signal)
    let missing = end - start
    for await (const chunk of reopening({ open, from: start })) {
      // Its memory may be another segment's by now.
      signal.throwIfAborted()
      if (chunk.length > missing) throw new Error('a segment has more bytes than it should')
      segment.append(chunk)
      missing -= chunk.length
      if (segment === this.#segments[0]) this.#cut ??= start
      this.#growth.came(chunk.length)
      if (missing > 0) this.#consider()
    }
    if (missing > 0) throw new Error('a segment ended before its end')
  }

  /** Nothing of it has been used yet: the first connection simply goes on. */
  #abandon(): void {
    if (this.#growth.wanted > 1) this.#growth.giveUp()
    this.#next = undefined
    this.#drop()
  }

  #drop(): void {
    this.#cancel.abort()
    this.#cancel = new AbortController()
    for (const segment of this.#segments.splice(0)) {
      segment.fail(new Error('not wanted any more'))
      this.#spare.push(segment.release())
    }
  }
}
