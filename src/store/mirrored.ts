import type { Readable } from 'node:stream'
import { LentBody } from '../http/lent.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { bodyFrom, type Opened, type Pace } from './mirrored-body.ts'
import { inTurn, type Mirror, type MirrorMemory, type Turns } from './mirrors.ts'
import { createLedger, type Ledger, type Served } from './served.ts'
import type { Address, FetchOptions, Options, PushOptions, PushOutcome, ReferrersOptions, Store } from './store.ts'

/** The mirrors, what is remembered of them, and how long they are waited for. */
export interface MirroredOptions {
  mirrors: readonly Mirror[]
  memory: MirrorMemory
  notify?: Notify | undefined
  /** When a body is too slow to be waited for. */
  pace?: Partial<Pace>
  /** Milliseconds that a mirror's word on a tag waits for the registry's own; 2000 when absent. */
  patience?: number
}

/** A repository that is read through mirrors. */
export interface MirroredStore extends Store {
  distrust(target: Address): boolean
  /** What came from where so far: mirrors first, in their order, then the registry itself. */
  served(): Served[]
}

/**
 * A registry's repository with mirrors before it. What has a digest is read from the first mirror that gives it, and from the next source,
 * from the same byte on, when that one fails; whoever keeps the bytes verifies them, and tells by `distrust` when they were wrong. Tags are
 * the registry's to name, unless a mirror may; lists, referrers and everything that writes or deletes never see a mirror (T27, T28).
 */
export function mirrored(upstream: Store, options: MirroredOptions): MirroredStore {
  return new Mirrored(upstream, options)
}

class Mirrored implements MirroredStore {
  readonly location: string
  readonly #upstream: Store
  readonly #options: MirroredOptions
  readonly #ledger: Ledger
  readonly #turns: Turns

  constructor(upstream: Store, options: MirroredOptions) {
    this.location = upstream.location
    this.#upstream = upstream
    this.#options = options
    this.#ledger = createLedger([...options.mirrors.map(({ name }) => name), upstream.location.split('/', 1).join()])
    this.#turns = inTurn({ ...options, location: upstream.location, ledger: this.#ledger })
  }

  async resolve(reference: string, options: Options = {}): Promise<Descriptor> {
    if (!isDigest(reference)) return this.#resolveTag(reference, options)
    const found = await this.#turns.content(mirror => mirror.source.resolve(reference, options), options, reference)
    return found ?? this.#upstream.resolve(reference, options)
  }

  async stat(target: Address, options: Options = {}): Promise<Descriptor | undefined> {
    const found = await this.#turns.content(mirror => mirror.source.stat(target, options), options, target.digest)
    return found ?? this.#upstream.stat(target, options)
  }

  async fetch(
    target: Address & Partial<Pick<Descriptor, 'size'>>,
    { offset = 0, signal }: FetchOptions = {},
  ): Promise<Readable> {
    const open = async (from: number): Promise<Opened> => {
      const found = await this.#turns.content(
        async mirror => ({ mirror, body: await mirror.source.fetch(target, { offset: from, signal }) }),
        { signal },
        target.digest,
      )
      return found ?? { mirror: undefined, body: await this.#upstream.fetch(target, { offset: from, signal }) }
    }
    const first = await open(offset)
    const bytes = this.#ledger.begin(target, offset)
    const reading = bodyFrom({
      target,
      offset,
      first,
      open,
      pace: this.#options.pace,
      onBytes: (mirror, count) => bytes.add(mirror?.name, count),
      onEnd: bytes.end,
      onFailure: (mirror, error) => this.#turns.blame(mirror, error, signal),
    })
    return new LentBody(reading.chunks, reading.close)
  }

  tags(options?: Options): AsyncIterable<string> {
    return this.#upstream.tags(options)
  }

  referrers(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<Descriptor> {
    return this.#upstream.referrers(subject, options)
  }

  async push(target: Descriptor, open: Open, options?: PushOptions): Promise<PushOutcome> {
    return this.#upstream.push(target, open, options)
  }

  async untag(tag: string, options?: Options): Promise<void> {
    return this.#upstream.untag(tag, options)
  }

  async delete(target: Address, options?: Options): Promise<void> {
    return this.#upstream.delete(target, options)
  }

  async close(): Promise<void> {
    await this.#upstream.close?.()
  }

  distrust({ digest }: Address): boolean {
    return this.#turns.distrust(digest)
  }

  served(): Served[] {
    return this.#ledger.served()
  }

  async #resolveTag(tag: string, options: Options): Promise<Descriptor> {
    if (!this.#options.mirrors.some(({ resolve }) => resolve)) return this.#resolveUpstream(tag, options)
    const enough = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, enough.signal]) : enough.signal
    const own = this.#upstream.resolve(tag, { signal })
    own.catch(() => {})
    const named = await this.#turns.tag(mirror => mirror.source.resolve(tag, options), options)
    if (!named) return own
    await this.#compare(tag, named, within(own, this.#options.patience ?? 2000))
    enough.abort(new RegctlError('INTERRUPTED', 'the mirror has answered'))
    return named.answer
  }

  /** A stale tag is used, since a person said that the mirror may name it, and told (T27). */
  async #compare(
    tag: string,
    { mirror, answer: found }: { mirror: Mirror; answer: Descriptor },
    own: Promise<Descriptor | undefined>,
  ): Promise<void> {
    const current = await own.catch(error => (isNotFound(error) ? 'nothing' : undefined))
    if (current === undefined || (current !== 'nothing' && current.digest === found.digest)) return
    const there = current === 'nothing' ? 'has no such tag' : `names ${current.digest}`
    this.#options.notify?.({
      code: 'MIRROR_STALE',
      message: `${mirror.name} names ${found.digest} for ${this.location}:${tag}, and the registry itself ${there}; the mirror's is taken, as its setting "resolve" says`,
    })
  }

  async #resolveUpstream(tag: string, options: Options): Promise<Descriptor> {
    try {
      return await this.#upstream.resolve(tag, options)
    } catch (error) {
      if (!(error instanceof RegctlError) || !isAway(error)) throw error
      const hint =
        'mirrors are not asked what a tag names: name a digest, or set "resolve": true for a mirror you trust'
      throw new RegctlError(error.code, error.message, { hint, cause: error })
    }
  }
}

function isAway({ code }: RegctlError): boolean {
  return ['UNREACHABLE', 'TLS_FAILED', 'STALLED', 'SERVER_FAILED', 'RATE_LIMITED'].includes(code)
}

/** `undefined` when it takes longer. */
async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, milliseconds, undefined)
  })
  try {
    return await Promise.race([work, enough])
  } finally {
    clearTimeout(timer)
  }
}
