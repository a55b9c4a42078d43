import { isNotFound, MismatchError, RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import type { Ledger } from './served.ts'
import type { Options, Source } from './store.ts'

/** Another place to read a repository's content from. */
export interface Mirror {
  /** As a person knows it: `https://mirror.example`. */
  name: string
  source: Source
  /** It may say what a tag names. */
  resolve: boolean
}

/** Mirrors that failed, shared by all that is read in a run, and left for the next runs for a while. */
export interface MirrorMemory {
  /** Why it is not to be asked now; `undefined`: ask it. */
  leftOut(mirror: string): Promise<string | undefined>
  /** It is not asked again in this run. */
  fail(mirror: string, error: RegctlError): void
}

export interface TurnsOptions {
  mirrors: readonly Mirror[]
  memory: MirrorMemory
  ledger: Ledger
  /** Of the repository they mirror, for the sentences. */
  location: string
  notify?: Notify | undefined
}

/** Mirrors asked one after the other, each until it fails; what failed is told once. */
export interface Turns {
  /** The first answer for a digest; `undefined` when nobody has one. An `undefined` of a mirror means that it lacks the content. */
  content<T>(ask: (mirror: Mirror) => Promise<T | undefined>, options: Options, digest: string): Promise<T | undefined>
  /** The first answer of a mirror that may name tags; one that knows no such tag lacks nothing else. */
  tag<T>(ask: (mirror: Mirror) => Promise<T>, options: Options): Promise<{ mirror: Mirror; answer: T } | undefined>
  /** Leaves a mirror out for what it did. @throws what is no failure of the mirror: an interruption, a mistake of ours */
  blame(mirror: Mirror, error: unknown, signal: AbortSignal | undefined): void
  /** What was read of a digest was wrong. False when no mirror ever had a part in it. */
  distrust(digest: string): boolean
}

export function inTurn({ mirrors, memory, ledger, location, notify }: TurnsOptions): Turns {
  /** They lack this repository or part of it, or keep it from us. */
  const lacking = new Set<Mirror>()
  const told = new Set<Mirror>()
  /** Names of those that gave wrong bytes, by digest. */
  const liars = new Map<string, Set<string>>()
  return {
    async content(ask, options, digest) {
      for (const mirror of mirrors) {
        if (lacking.has(mirror) || liars.get(digest)?.has(mirror.name) || (await isLeftOut(mirror))) continue
        try {
          const answer = await ask(mirror)
          if (answer !== undefined) return answer
          lacks(mirror, incomplete)
        } catch (error) {
          blame(mirror, error, options.signal)
        }
      }
      return undefined
    },
    async tag(ask, options) {
      for (const mirror of mirrors) {
        if (!mirror.resolve || lacking.has(mirror) || (await isLeftOut(mirror))) continue
        try {
          return { mirror, answer: await ask(mirror) }
        } catch (error) {
          if (!isNotFound(error)) blame(mirror, error, options.signal)
        }
      }
      return undefined
    },
    blame,
    distrust(digest) {
      const given = ledger.takeBack(digest)
      // Of several readers of one body the first has told already.
      if (given.length === 0) return liars.has(digest)
      liars.set(digest, new Set([...(liars.get(digest) ?? []), ...given]))
      // Nobody knows which of several lied: none of them is asked for it again, and only a single one is accused.
      const [only, ...others] = mirrors.filter(({ name }) => given.includes(name))
      if (only && others.length === 0)
        blame(only, new MismatchError(`it gave bytes that are not those of ${digest}`), undefined)
      return true
    },
  }

  async function isLeftOut(mirror: Mirror): Promise<boolean> {
    const reason = await memory.leftOut(mirror.name)
    if (reason === undefined) return false
    ledger.fail(mirror.name, reason)
    tell(mirror, reason)
    return true
  }

  function blame(mirror: Mirror, error: unknown, signal: AbortSignal | undefined): void {
    if (signal?.aborted || !(error instanceof RegctlError)) throw error
    const { code, message } = error
    if (code === 'NOT_FOUND') lacks(mirror, incomplete)
    else if (code === 'UNAUTHORIZED' || code === 'DENIED') lacks(mirror, 'it asks for a login')
    else {
      ledger.fail(mirror.name, message)
      memory.fail(mirror.name, error)
      tell(mirror, message)
    }
  }

  /** Who lacks one part of an image most likely lacks the others, and asking costs a round trip each. */
  function lacks(mirror: Mirror, reason: string): void {
    if (lacking.has(mirror)) return
    lacking.add(mirror)
    ledger.fail(mirror.name, reason)
    tell(mirror, reason)
  }

  function tell(mirror: Mirror, reason: string): void {
    if (told.has(mirror)) return
    told.add(mirror)
    notify?.({
      code: 'MIRROR_FAILED',
      message: `mirror ${mirror.name} is left out of ${location}: ${reason}; reading on elsewhere`,
    })
  }
}

const incomplete = 'it does not have all of the image'
