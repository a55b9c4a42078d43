import { constants } from 'node:fs'
import { copyFile, type FileHandle, lstat, lutimes, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporary, temporaryBeside } from '../files/atomic.ts'
import { isGone, ownerHere } from '../files/owner.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf, parseDigest } from '../model/digest.ts'

/** A blob on its way into the layout: a file of which only the holder knows the name. */
export interface Partial {
  path: string
  /** Open for reading and writing; the holder closes it. */
  file: FileHandle
}

/** In place of an owner: whoever comes next may have it. */
const nobody = 'free'
/** Milliseconds after which a writer that cannot be judged is taken for lost; its bytes are copied, for it may come back. */
const idle = 60_000

/**
 * Unfinished blobs beside `index.json`, where no other tool looks: `.ALGORITHM-ENCODED.OWNER.UUID.regctl-tmp`. Nobody writes to a file
 * that has not got a name of his own: to take one is to rename it, and only one of several can. What nobody takes is swept like other leftovers.
 */
export class Partials {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The longest that an earlier push of this content left; `undefined` when there is none. */
  async take(target: Descriptor): Promise<Partial | undefined> {
    for (const found of await this.#left(target.digest)) {
      if (found.size <= target.size) {
        const taken = await this.#takeOne(found, target.digest)
        if (taken) return taken
      }
    }
    return undefined
  }

  /** An empty one. */
  async fresh({ digest }: Descriptor): Promise<Partial> {
    const path = this.#name(digest, ownerHere())
    return { path, file: await open(path, 'wx+') }
  }

  /** Leaves a closed one to the next push; one that cannot be renamed is not worth another failure. */
  async leave({ path }: Partial, digest: Digest): Promise<void> {
    await rename(path, this.#name(digest, nobody)).catch(() => undefined)
  }

  /** Removes what nobody needs any more now that the blob is there. */
  async sweep(digest: Digest): Promise<void> {
    for (const { path, isOurs } of await this.#left(digest)) if (isOurs) await rm(path, { force: true })
  }

  async #takeOne({ path, isOurs }: Left, digest: Digest): Promise<Partial | undefined> {
    const own = this.#name(digest, ownerHere())
    try {
      if (isOurs) await rename(path, own)
      else await copyFile(path, own, constants.COPYFILE_EXCL)
      // It counts as alive from now on, whoever sweeps.
      await lutimes(own, new Date(), new Date())
      const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
      return { path: own, file: await open(own, flags) }
    } catch {
      // Somebody was faster, or it is not what it looked like; we can do without.
      await rm(own, { force: true })
      return undefined
    }
  }

  /** Plain files with bytes in them whose writers are gone, the longest first. A link of either kind would lead out of the layout (T9). */
  async #left(digest: Digest): Promise<Left[]> {
    const found: Left[] = []
    for (const name of await readdir(this.#folder)) {
      if (!isTemporary(name) || !name.startsWith(`.${stem(digest)}.`)) continue
      const path = join(this.#folder, name)
      const stats = await lstat(path).catch(() => undefined)
      if (!stats?.isFile() || stats.nlink !== 1) continue
      const owner = name.split('.')[2] ?? ''
      const isOurs = owner === nobody || isGone(owner)
      if (isOurs || stats.mtimeMs < Date.now() - idle) found.push({ path, size: stats.size, isOurs })
    }
    return found.sort((one, other) => other.size - one.size)
  }

  #name(digest: Digest, owner: string): string {
    return temporaryBeside(join(this.#folder, `${stem(digest)}.${owner}`))
  }
}

interface Left {
  path: string
  size: number
  /** To take or remove; else somebody may still write to it. */
  isOurs: boolean
}

/** Checked again right here: no digest becomes a path by another way (T11). */
function stem(digest: Digest): string {
  return `${algorithmOf(parseDigest(digest))}-${encodedOf(digest)}`
}
