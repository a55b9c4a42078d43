import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withLock } from '../files/lock.ts'
import { discard } from '../http/body.ts'
import { sleep } from '../http/sleep.ts'
import { type Digest, digestOf, encodedOf } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import type { IndexManifest } from '../model/manifest.ts'
import type { Options } from '../store/store.ts'
import type { Repository } from './endpoint.ts'
import { putManifest } from './manifests.ts'
import {
  type Change,
  changedList,
  isDone,
  type ReferrersList,
  readReferrersTag,
  referrersTag,
} from './referrers-tag.ts'
import { removeTag } from './remove.ts'

/** How often one change is written; others may overwrite it each time. */
const mostWrites = 12
/** Looks in a row at which a change was seen, until it is taken to stay although others change the list all the time. */
const mostLooks = 8
/** Milliseconds between two looks, and times the reading and writing of the list took, whichever is longer. */
const leastWait = 400
const mostWait = 5_000
const timesOwnPace = 4

/** The list at one moment, by its digest. */
type State = Digest | 'none'

/** A change that somebody waits for. */
interface Wanted extends Change {
  settle(error?: unknown): void
  writes: number
  looks: number
  /** The list in which the change was last seen. */
  seen?: State | undefined
}

/**
 * Keeps one list of referrers under its tag (items 66 to 68). A registry without conditional requests loses an entry when two writers read
 * the same list and both write it: the second write undoes the first (item 67). So:
 *
 * - Within this process there is one writer a list, and changes that come meanwhile go out together.
 * - Among the processes of one account on one machine a lock file is held from reading to writing: none is lost, whatever the pace.
 * - Other machines know no lock. Therefore a change counts as done only when the list was seen twice with it, unchanged, with a wait
 *   between: whoever had read the list before we wrote has written by then, and a lost entry is written again. The bound: nothing is
 *   lost as long as no writer takes longer from its reading to its writing than that wait (0.4 s, or four times what ours took).
 * - Where the registry gives an ETag, `If-Match` goes with it; a registry that heeds it makes this exact. None can be relied on (item 53).
 */
export class ReferrersKeeper {
  readonly #place: Repository
  readonly #subject: Digest
  readonly #lock: string | undefined
  readonly #wanted = new Set<Wanted>()
  #isAtWork = false
  #isConditional = true
  #refusedAt: State | undefined

  /** @param locks a folder that all processes of this account share; absent: there is no lock */
  constructor(place: Repository, subject: Digest, locks?: string) {
    this.#place = place
    this.#subject = subject
    const name = encodedOf(digestOf(Buffer.from(`${place.location}@${subject}`))).slice(0, 32)
    this.#lock = locks === undefined ? undefined : join(locks, name)
  }

  /**
   * Resolves when the change is in the list and will stay there.
   * @throws RegctlError FAILED when something else has the tag, or other writers won every time
   */
  async record(change: Change, { signal }: Options = {}): Promise<void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const stop = () => wanted.settle(signal?.reason)
      const wanted: Wanted = {
        ...change,
        writes: 0,
        looks: 0,
        settle: error => {
          this.#wanted.delete(wanted)
          signal?.removeEventListener('abort', stop)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#wanted.add(wanted)
      signal?.addEventListener('abort', stop, { once: true })
      if (!this.#isAtWork) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isAtWork = true
    try {
      while (this.#wanted.size > 0) {
        const took = await this.#alone(() => this.#look())
        if (this.#wanted.size === 0) return
        const wait = Math.min(mostWait, Math.max(leastWait, timesOwnPace * took))
        // Jitter: two writers that undo each other must not go on in step.
        await sleep(wait * (1 + Math.random() / 2))
      }
    } catch (error) {
      for (const wanted of [...this.#wanted]) wanted.settle(error)
    } finally {
      this.#isAtWork = false
    }
  }

  /** Reads the list, settles what is seen to stay, and writes what is missing; says how many milliseconds that took. */
  async #look(): Promise<number> {
    const begun = performance.now()
    const found = await readReferrersTag(this.#place, this.#subject, {})
    if (found === 'foreign') throw this.#foreign()
    const list = found === 'none' ? undefined : found
    const missing = firstOfEach([...this.#wanted].filter(change => !isSeen(change, list)))
    const lost = missing.find(({ writes }) => writes >= mostWrites)
    if (lost) throw this.#busy(lost)
    if (missing.length > 0) {
      const written = await this.#write(list, missing)
      for (const change of missing) {
        change.writes++
        change.seen = written
      }
    }
    return performance.now() - begun
  }

  /** The list as it was sent; `undefined` when the registry refused it because the list had changed. */
  async #write(list: ReferrersList | undefined, changes: readonly Change[]): Promise<State | undefined> {
    const tag = referrersTag(this.#subject)
    if (list && isEmptied(list.index, changes) && (await this.#removeTag(tag))) return 'none'
    const { bytes, target } = changedList(list?.index, changes)
    const conditions = this.#isConditional ? conditionsFor(list) : {}
    const response = await putManifest(this.#place, { target, bytes }, { tag, conditions })
    await discard(response)
    if (response.status !== 412) return target.digest
    // Refused twice over the same list: it has not changed, and conditions mean something else here.
    const at = list?.digest ?? 'none'
    this.#isConditional = this.#refusedAt !== at
    this.#refusedAt = at
    return undefined
  }

  /** An empty list needs no tag; many registries cannot remove a single one, and then the empty list stays (item 68). */
  async #removeTag(tag: string): Promise<boolean> {
    return removeTag(this.#place, tag, {}).then(
      () => true,
      () => false,
    )
  }

  /** Without a folder that can be written there is no lock: the second look has to do. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const lock = this.#lock
    if (lock === undefined || !(await isWritable(dirname(lock)))) return work()
    return withLock(lock, work)
  }

  #foreign(): RegctlError {
    const what = `${referrersTag(this.#subject)} in ${this.#place.location}`
    return new RegctlError('FAILED', `${what} is no list of referrers`, {
      hint: 'something else was pushed under this tag; the registry has no referrers API, so the list needs it',
    })
  }

  #busy({ entry }: Change): RegctlError {
    const where = `${referrersTag(this.#subject)} in ${this.#place.location}`
    return new RegctlError('FAILED', `${entry.digest} could not be listed under ${where}`, {
      hint: 'others write the same list at the moment; try again',
    })
  }
}

function conditionsFor(list: ReferrersList | undefined): Readonly<Record<string, string>> {
  if (!list) return { 'if-none-match': '*' }
  // A weak one never matches (RFC 9110, 13.1.1).
  return list.etag && !list.etag.startsWith('W/') ? { 'if-match': list.etag } : {}
}

/** Settles a change that is done and has been so for a while. */
function isSeen(change: Wanted, list: ReferrersList | undefined): boolean {
  const state = list?.digest ?? 'none'
  const isThere = isDone(change, list?.index)
  change.looks = isThere ? change.looks + 1 : 0
  if (isThere && (change.seen === state || change.looks >= mostLooks)) change.settle()
  change.seen = isThere ? state : undefined
  return isThere
}

/** Of several changes of one entry the first goes first. */
function firstOfEach(changes: readonly Wanted[]): Wanted[] {
  return changes.filter(({ entry }, at) => changes.findIndex(each => each.entry.digest === entry.digest) === at)
}

function isEmptied(index: IndexManifest, changes: readonly Change[]): boolean {
  const gone = new Set(changes.filter(({ leaves }) => leaves).map(({ entry }) => entry.digest))
  return changes.length === gone.size && index.manifests.every(({ digest }) => gone.has(digest))
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
