import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { syncFolder } from '../files/atomic.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf, parseDigest } from '../model/digest.ts'
import { fill, isWorthKeeping } from './fill.ts'
import { Partials } from './partials.ts'
import { isPlainFolder, makePlainFolder, openPlain, sizeOfPlain } from './plain-files.ts'
import { isWhole } from './read.ts'
import type { FetchOptions, Options } from './store.ts'

/** `blobs/<algorithm>/<encoded>` of an image layout, as plain files: symlinks are refused at every step (item 98). */
export class BlobFiles {
  readonly #root: string
  readonly #partials: Partials

  constructor(root: string) {
    this.#root = root
    this.#partials = new Partials(root)
  }

  /** Bytes of the file; `undefined` when there is none. */
  async size(digest: Digest): Promise<number | undefined> {
    return (await this.#hasFolder(digest)) ? sizeOfPlain(this.#path(digest)) : undefined
  }

  /** From `offset` on, nothing when that is at or beyond the end; `undefined` when there is no such file. */
  async read(digest: Digest, { offset = 0, signal }: FetchOptions = {}): Promise<Readable | undefined> {
    signal?.throwIfAborted()
    const file = (await this.#hasFolder(digest)) ? await openPlain(this.#path(digest)) : undefined
    const stream = file?.createReadStream({ start: offset, highWaterMark: 256 * 1024 })
    return stream && signal ? addAbortSignal(signal, stream) : stream
  }

  /** Whether the file is there and is what the descriptor says, to the last byte. */
  async holds(target: Descriptor, { signal }: Options = {}): Promise<boolean> {
    if ((await this.size(target.digest)) !== target.size) return false
    const stream = await this.read(target.digest)
    return stream ? isWhole(stream, target, { signal }) : false
  }

  /**
   * Counts and hashes into a temporary file of the layout, which gets its name when it is whole and on the disk.
   * Says whether the source was opened: it is not when an earlier push was killed just before the end. @throws MismatchError
   */
  async write(target: Descriptor, source: Open, options: Options = {}): Promise<boolean> {
    const { path, isOpened } = await fill(this.#partials, target, { source, ...options })
    try {
      await this.#makeFolder(target.digest)
      await rename(path, this.#path(target.digest))
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    await syncFolder(this.#folder(target.digest))
    if (isWorthKeeping(target)) await this.#partials.sweep(target.digest)
    return isOpened
  }

  async remove(digest: Digest): Promise<void> {
    await rm(this.#path(digest), { force: true })
  }

  async #hasFolder(digest: Digest): Promise<boolean> {
    return (await isPlainFolder(join(this.#root, 'blobs'))) && (await isPlainFolder(this.#folder(digest)))
  }

  async #makeFolder(digest: Digest): Promise<void> {
    const blobs = join(this.#root, 'blobs')
    if (await makePlainFolder(blobs)) await syncFolder(this.#root)
    if (await makePlainFolder(this.#folder(digest))) await syncFolder(blobs)
  }

  /** Checked again right here: no digest becomes a path by another way (T11). */
  #folder(digest: Digest): string {
    return join(this.#root, 'blobs', algorithmOf(parseDigest(digest)))
  }

  #path(digest: Digest): string {
    return join(this.#folder(digest), encodedOf(digest))
  }
}
