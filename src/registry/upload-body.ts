import type { Readable } from 'node:stream'
import { through } from '../http/lent.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, hasherFor } from '../model/digest.ts'
import { MismatchError, RegctlError } from '../model/errors.ts'

/**
 * The bytes of one blob on their way into an upload, counted, and hashed once, over as many attempts as it takes. An attempt that goes on
 * where the last one had got hashes on from there; what was hashed before and must be sent again is not hashed a second time.
 * Only what an earlier run of the program had delivered is not hashed here: there the registry's own check of the closing digest stands (item 28).
 */
export interface UploadBody {
  /** The bytes from `offset` up to `end`. The stream fails with MismatchError for what cannot be the target's. */
  open(offset: number, end: number): Promise<Readable>
  /** Opens the source now, for the first {@link open} from the beginning: two round trips side by side. */
  prepare(): void
  /** Closes what was prepared and not asked for. */
  drop(): void
  /** What broke at the source, where it has tried all it could; no new upload helps against that. */
  readonly failure: RegctlError | undefined
}

export function uploadBody(target: Descriptor, open: Open): UploadBody {
  let hash = hasherFor(target.digest)
  /** Of all bytes; a hash tells it once, and the last bytes may have to be sent again. */
  let sum: string | undefined
  /** How many bytes from the beginning are in the hash; undefined once bytes were passed over that this run has not seen. */
  let hashed: number | undefined = 0
  let failure: RegctlError | undefined
  let prepared: Promise<Readable> | undefined
  const takePrepared = () => {
    const taken = prepared
    prepared = undefined
    return taken
  }

  return {
    get failure() {
      return failure
    },
    prepare() {
      prepared = noting(() => open(0))
      // Told to whoever opens it; to nobody when it turns out not to be needed.
      prepared.catch(() => {})
    },
    drop() {
      takePrepared()?.then(
        body => body.destroy(),
        () => {},
      )
    },
    open: async (offset, end) => {
      if (offset === 0 && hashed !== 0) {
        hash = hasherFor(target.digest)
        sum = undefined
        hashed = 0
      } else if (hashed !== undefined && offset > hashed) hashed = undefined
      const body = await ((offset === 0 ? takePrepared() : undefined) ?? noting(() => open(offset)))
      return through(body, chunks => checked(fromSource(chunks), { offset, end }))
    },
  }

  async function noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof RegctlError) failure = error
      throw error
    }
  }

  /** A body that is closed because the upload broke is no failure of the source: that error is not one of ours. */
  async function* fromSource(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const iterator = chunks[Symbol.asyncIterator]()
    try {
      for (let next = await noting(() => iterator.next()); !next.done; next = await noting(() => iterator.next()))
        yield next.value
    } finally {
      await iterator.return?.()
    }
  }

  async function* checked(
    chunks: AsyncIterable<Buffer>,
    { offset, end }: { offset: number; end: number },
  ): AsyncGenerator<Buffer, void, undefined> {
    let position = offset
    for await (const chunk of chunks) {
      // More than the target's bytes is a lie of the source; more than this chunk's is only too much for now.
      if (position + chunk.length > target.size) throw mismatch(target, `more than ${target.size} bytes`)
      const part = chunk.subarray(0, end - position)
      position += part.length
      if (hashed !== undefined && position > hashed) {
        hash.update(part.subarray(Math.max(0, part.length - (position - hashed))))
        hashed = position
      }
      // Nobody ever gets the whole of what is wrong.
      if (position === target.size) check()
      yield part
      if (position === end && end < target.size) return
    }
    if (position < end) throw mismatch(target, `${position} of ${target.size} bytes`)
  }

  function check(): void {
    if (hashed === undefined) return
    sum ??= hash.digest('hex')
    const got = `${algorithmOf(target.digest)}:${sum}`
    if (got !== target.digest) throw mismatch(target, got)
  }
}

function mismatch(target: Descriptor, got: string): MismatchError {
  return new MismatchError(`${target.digest} does not match: the source gave ${got}`, {
    hint: 'the content was damaged or changed on its way; try again, or another source',
  })
}
