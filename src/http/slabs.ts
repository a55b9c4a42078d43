/** Memory that bodies read into, one after the other. */
export interface SlabPool {
  /** No more than a body of so many bytes can use. */
  take(wanted: number): Buffer
  /** `isFree`: nobody reads or writes it any more. */
  give(slab: Buffer, isFree: boolean): void
}

/** Kept for the next bodies; beyond that a burst is over. */
const maxSpare = 16
/** With more than this in use bodies are many, and each has to do with little. */
const maxLarge = 12
const small = 128 * 1024

/** Slabs of `size` bytes, smaller ones for short bodies and when there are very many at once. */
export function createSlabPool(size: number): SlabPool {
  const spare: Buffer[] = []
  let inUse = 0
  return {
    take(wanted) {
      if (inUse >= maxLarge || wanted < size)
        return Buffer.allocUnsafeSlow(Math.min(wanted, inUse >= maxLarge ? small : size))
      inUse++
      return spare.pop() ?? Buffer.allocUnsafeSlow(size)
    },
    give(slab, isFree) {
      if (slab.length !== size) return
      inUse--
      if (isFree && spare.length < maxSpare) spare.push(slab)
    },
  }
}

export interface GatherOptions {
  /** Bytes of the whole body; infinite until its {@link Gathering.end} is seen. */
  length: number
  pool: SlabPool
  /** Reading may go on after `took` said no. */
  onDrain(): void
  /** Somebody waits for bytes, or does no more. */
  onWait(isWaiting: boolean): void
}

interface Slab {
  bytes: Buffer
  /** What has been read and not yet been lent. */
  start: number
  end: number
}

/** Who waits for a chunk. */
interface Waiting {
  resolve(next: IteratorResult<Buffer>): void
  reject(error: Error): void
}

/** TLS hands over up to this much although it was told to stop: what is decrypted already. */
const headroom = 128 * 1024
/** As many bytes are worth a hash call and a write at once; fewer are lent when the loop comes round. */
const worthLending = 256 * 1024

/**
 * Gathers a body's bytes, read a few KiB at a time, into large chunks, and lends those one after the other: into one slab is read while
 * the other is out; when both are full, and a third begun if need be, reading stops. A slab is used again only when the chunk after its last was asked for.
 */
export class Gathering implements AsyncIterator<Buffer, undefined> {
  readonly #options: GatherOptions
  readonly #all: Slab[] = []
  readonly #full: Slab[] = []
  readonly #spare: Slab[] = []
  #current: Slab
  #lent: Slab | undefined
  #left: number
  #isHeld = false
  #waiting: Waiting | undefined
  #soon: NodeJS.Immediate | undefined
  #failure: Error | undefined

  constructor(options: GatherOptions) {
    this.#options = options
    this.#left = options.length
    this.#current = this.#make()
  }

  /** Bytes of the body that have not been read. */
  get left(): number {
    return this.#left
  }

  /** Where the next bytes are to be read to. */
  room(): Buffer {
    return this.#current.bytes.subarray(this.#current.end)
  }

  /** So many bytes, no more than {@link left}, were read to the beginning of {@link room}. False: read no more for now. */
  took(bytes: number): boolean {
    this.#current.end += bytes
    this.#left -= bytes
    this.#turn()
    if (this.#waiting) this.#options.onWait(true)
    this.#offer()
    return !this.#isHeld
  }

  /** Bytes for {@link took} that were read elsewhere. */
  copy(bytes: Buffer): boolean {
    let goOn = true
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(this.room(), 0, at)
      at += copied
      goOn = this.took(copied)
    }
    return goOn
  }

  /** The body was as long as what has been read of it. */
  end(): void {
    this.#left = 0
    this.#offer()
  }

  /** The next chunk; by asking, the one before is given back. */
  next(): Promise<IteratorResult<Buffer, undefined>> {
    this.#takeBack()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#options.onWait(true)
      this.#offer()
    })
  }

  /** No more bytes come; those that did are still lent. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#offer()
  }

  /** Nobody wants the rest, or reads any more of it from the network. A chunk that is out may still be being written: its memory is not used again. */
  drop(): void {
    this.#release()
  }

  #turn(): void {
    const { bytes, end } = this.#current
    const space = bytes.length - end
    if (space >= Math.min(headroom, bytes.length / 2) || this.#left <= space) return
    const isOtherBusy = this.#full.length > 0 || (this.#lent !== undefined && this.#lent !== this.#current)
    this.#isHeld = isOtherBusy
    // A read that filled the slab to the brim needs somewhere to go on, if only later.
    if (isOtherBusy && space > 0) return
    this.#full.push(this.#current)
    this.#current = this.#spare.pop() ?? this.#make()
  }

  #make(): Slab {
    const slab = { bytes: this.#options.pool.take(this.#left), start: 0, end: 0 }
    this.#all.push(slab)
    return slab
  }

  #takeBack(): void {
    const slab = this.#lent
    this.#lent = undefined
    if (slab === undefined || slab === this.#current || this.#full.includes(slab)) return
    slab.start = slab.end = 0
    this.#spare.push(slab)
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#options.onDrain()
  }

  #offer(): void {
    if (!this.#waiting) return
    const gathered = this.#current.end - this.#current.start
    const isLast = this.#left === 0 || this.#failure !== undefined
    if (this.#full.length > 0 || gathered >= worthLending || (gathered > 0 && isLast)) this.#serve()
    else if (this.#left === 0) {
      this.#answer()?.resolve({ done: true, value: undefined })
      this.#release()
    } else if (this.#failure) this.#answer()?.reject(this.#failure)
    else if (gathered > 0) this.#soon ??= setImmediate(() => this.#serve())
  }

  #serve(): void {
    clearImmediate(this.#soon)
    this.#soon = undefined
    const slab = this.#full.shift() ?? this.#current
    const value = slab.bytes.subarray(slab.start, slab.end)
    if (!this.#waiting || value.length === 0) return
    slab.start = slab.end
    this.#lent = slab
    this.#answer()?.resolve({ done: false, value })
  }

  #answer(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#options.onWait(false)
    return waiting
  }

  #release(): void {
    clearImmediate(this.#soon)
    for (const slab of this.#all.splice(0)) this.#options.pool.give(slab.bytes, slab !== this.#lent)
  }
}
