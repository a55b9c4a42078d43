import type { Readable } from 'node:stream'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isNotFound, NotFoundError } from '../model/errors.ts'
import type { Manifest } from '../model/manifest.ts'
import { isManifestType } from '../model/media-types.ts'
import { lookUp } from '../store/resolve.ts'
import type { Address, FetchOptions, Options, PushOptions, PushOutcome, Source, Store } from '../store/store.ts'
import { type Branch, fail, pushTo, settle, signalOf } from './branch.ts'
import { withFormatHint } from './refusal.ts'
import { registryOf } from './rehearse.ts'
import { type TeeOptions, tee } from './tee.ts'

export interface FanOutOptions extends TeeOptions {
  /** A tag that one of them has stays as it is at all of them. */
  noClobber?: boolean | undefined
  /** Where all is read: told of bytes that were wrong. */
  from?: Source | undefined
}

/**
 * Several destinations as one Store: what is pushed goes to each that lacks it, from one read of the source. One that fails is left out
 * from then on, and only when all have failed so does a push. Of destinations in one registry the first is sent the bytes, and the others
 * mount from it.
 */
export class FanOut implements Store {
  readonly location = 'several destinations'
  readonly #branches: readonly Branch[]
  readonly #root: Digest
  readonly #options: FanOutOptions

  constructor(branches: readonly Branch[], root: Digest, options: FanOutOptions = {}) {
    this.#branches = branches
    this.#root = root
    this.#options = options
  }

  /** What a manifest lists is where the manifest is. */
  noteChildren(node: Descriptor, children: readonly Descriptor[]): void {
    for (const { has } of this.#branches) if (has.has(node.digest)) for (const { digest } of children) has.add(digest)
  }

  /** What a tag names at all of them; a tag that differs anywhere counts as missing. */
  async resolve(reference: string, options: Options = {}): Promise<Descriptor> {
    const found = await this.#ask(({ store }) => lookUp(store, reference, options))
    const first = found.find(each => each !== undefined)
    if (first && (this.#options.noClobber || found.every(each => each?.digest === first.digest))) return first
    throw new NotFoundError(`${reference} is not the same at all destinations`)
  }

  /** Here when all have it; who has it is remembered. */
  async stat(target: Address, options: Options = {}): Promise<Descriptor | undefined> {
    const found = await this.#ask(async ({ store, fresh, has }) => {
      // The root may be there under another name.
      const there = fresh && target.digest !== this.#root ? undefined : await store.stat(target, options)
      if (there) has.add(there.digest)
      return there
    })
    return found.includes(undefined) ? undefined : found[0]
  }

  async fetch(target: Address, options?: FetchOptions): Promise<Readable> {
    const [first] = this.#live()
    if (!first) throw new NotFoundError(`no destination has ${target.digest}`)
    const holder = this.#live().find(({ has }) => has.has(target.digest)) ?? first
    return holder.store.fetch(target, options)
  }

  async *tags(options?: Options): AsyncGenerator<string> {
    for (const { store } of this.#live()) yield* store.tags(options)
  }

  /** What all of them list. */
  async *referrers(subject: Descriptor, options?: Options): AsyncGenerator<Descriptor> {
    const lists = await this.#ask(async ({ store, has }) => {
      const listed = await collect(store, subject, options)
      for (const digest of listed.keys()) has.add(digest)
      return listed
    })
    const [first, ...others] = lists
    for (const each of first?.values() ?? []) if (others.every(list => list.has(each.digest))) yield each
  }

  async push(target: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    const outcomes = isManifestType(target.mediaType)
      ? await this.#ask(branch => this.#pushManifest(branch, target, open, options))
      : await this.#pushBlob(target, open, options)
    return (['pushed', 'mounted'] as const).find(outcome => outcomes.includes(outcome)) ?? 'present'
  }

  /** Whoever cannot keep it is out, and the others go on. @throws AllFailed */
  admit(manifest: Manifest): void {
    for (const branch of this.#live()) {
      try {
        branch.store.admit?.(manifest)
      } catch (error) {
        fail(branch, error)
      }
    }
    if (this.#live().length === 0) throw new AllFailed()
  }

  async untag(): Promise<void> {}

  async delete(): Promise<void> {}

  #live(): readonly Branch[] {
    return this.#branches.filter(({ failure }) => failure === undefined)
  }

  /** Asks all that have not failed, side by side. @throws AllFailed */
  async #ask<T>(work: (branch: Branch) => Promise<T>): Promise<T[]> {
    const answers = await Promise.all(
      this.#live().map(async branch => {
        try {
          return [await work(branch)]
        } catch (error) {
          fail(branch, error)
          return []
        }
      }),
    )
    if (this.#live().length === 0) throw new AllFailed()
    return answers.flat()
  }

  async #pushManifest(branch: Branch, target: Descriptor, open: Open, options: PushOptions): Promise<PushOutcome> {
    const tag = target.digest === this.#root ? branch.tag : options.tag
    const isNamed = options.tag === undefined || tag === undefined
    if (isNamed && branch.has.has(target.digest)) return settle(branch, target, 'skipped')
    const outcome = await branch.store.push(target, open, { tag, signal: signalOf(branch, options) }).catch(error => {
      throw withFormatHint(error, target)
    })
    return settle(branch, target, tag === undefined ? outcome : 'pushed')
  }

  async #pushBlob(target: Descriptor, open: Open, options: PushOptions): Promise<PushOutcome[]> {
    const groups = new Map<string, Branch[]>()
    for (const branch of this.#live()) {
      if (branch.has.has(target.digest)) settle(branch, target, 'skipped')
      else {
        const registry = registryOf(branch.store.location) ?? branch.store.location
        groups.set(registry, [...(groups.get(registry) ?? []), branch])
      }
    }
    const shared = tee(open, groups.size, this.#options)
    const outcomes = await Promise.all(
      [...groups.values()].map((group, at) =>
        pushTo(group, target, {
          first: shared.open(at),
          leave: () => shared.leave(at),
          open,
          options,
          from: this.#options.from,
        }),
      ),
    )
    if (this.#live().length === 0) throw new AllFailed()
    return outcomes.flat()
  }
}

/** Nobody is left; each branch holds its own failure. */
export class AllFailed extends Error {}

async function collect(source: Source, subject: Descriptor, options?: Options): Promise<Map<Digest, Descriptor>> {
  const found = new Map<Digest, Descriptor>()
  try {
    for await (const each of source.referrers(subject, options)) found.set(each.digest, each)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return found
}
