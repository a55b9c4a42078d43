import type { Digest } from '../model/digest.ts'

/** What the copies of one run bring to one destination: each digest is moved once, however many images name it. */
export interface CopyMemory {
  has(digest: Digest): boolean
  add(digest: Digest): void
  /**
   * Does the work unless another copy did it (`shared`), or waits for the one that is at it. What failed there fails here as well; what
   * was only cut off, because that copy had failed elsewhere, is taken over.
   */
  once(digest: Digest, work: () => Promise<void>, signal: AbortSignal): Promise<'done' | 'shared'>
}

type End = { error?: unknown; isCut: boolean }

/** Ten thousand images of ten parts each; what is forgotten beyond costs a request when it is met again. */
const most = 100_000

export function copyMemory(): CopyMemory {
  const done = new Set<Digest>()
  const underWay = new Map<Digest, Promise<End>>()
  const failed = new Map<Digest, unknown>()

  function add(digest: Digest): void {
    done.add(digest)
    if (done.size > most) for (const oldest of done) return void done.delete(oldest)
  }

  return {
    has: digest => done.has(digest),
    add,
    async once(digest, work, signal) {
      for (let other = underWay.get(digest); other; other = underWay.get(digest)) {
        const { error, isCut } = await other
        if (error === undefined) return 'shared'
        if (!isCut) throw error
        signal.throwIfAborted()
      }
      if (done.has(digest)) return 'shared'
      if (failed.has(digest)) throw failed.get(digest)
      const working = work()
      underWay.set(
        digest,
        working.then(
          () => {
            add(digest)
            underWay.delete(digest)
            return { isCut: false }
          },
          error => {
            underWay.delete(digest)
            const isCut = signal.aborted
            if (!isCut) failed.set(digest, error)
            return { error, isCut }
          },
        ),
      )
      await working
      return 'done'
    },
  }
}
