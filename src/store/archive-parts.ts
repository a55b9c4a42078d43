import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Digest } from '../model/digest.ts'
import { isNotFound, NotFoundError, RegctlError } from '../model/errors.ts'
import { mediaTypes } from '../model/media-types.ts'
import type { ArchiveContents } from './archive-contents.ts'
import { ArchiveFile, type Pipes } from './archive-file.ts'
import type { ArchiveFormat } from './archive-format.ts'
import { mergeEntries } from './archive-merge.ts'
import { openStaging, type Staging } from './archive-staging.ts'
import type { Entry } from './layout-index.ts'
import type { LayoutParts } from './layout-source.ts'
import type { FetchOptions, Options, Store } from './store.ts'

/** What `-` means, and whether the archive is written to. */
export interface ArchiveOptions {
  /** What `-` means; without it there is no `-`. */
  pipes?: Pipes | undefined
  /** It will be written to: `-` is the output then, and a file that cannot be replaced is refused before anything is moved. */
  write?: boolean | undefined
}

/** The archive as it is on the disk. */
export interface Existing {
  file: ArchiveFile
  contents: ArchiveContents
  stats: Stats | undefined
}

/** An archive that is there, and what was pushed since: the pushed comes first. */
export class ArchiveParts implements LayoutParts {
  readonly location: string
  readonly path: string
  readonly format: ArchiveFormat
  readonly options: ArchiveOptions
  readonly untagged = new Set<string>()
  readonly deleted = new Set<Digest>()
  readonly pushed = new Set<Digest>()
  #existing: Promise<Existing | undefined> | undefined
  #staging: Promise<Staging> | undefined

  constructor(path: string, format: ArchiveFormat, options: ArchiveOptions) {
    this.path = path
    this.location = `${format.scheme}:${path}`
    this.format = format
    this.options = options
  }

  async entries(options: Options = {}): Promise<readonly Entry[]> {
    const [existing, pushed] = await Promise.all([this.existing(options), this.pushedEntries()])
    if (!existing && !this.#staging) throw new NotFoundError(`there is no ${this.path}`)
    return mergeEntries(existing?.contents.index.entries ?? [], pushed, this)
  }

  async size(digest: Digest, options: Options = {}): Promise<number | undefined> {
    const store = await this.#holding(digest)
    const staged = await store?.stat({ digest, mediaType: mediaTypes.octets }, options)
    return staged?.size ?? (await this.sizeInFile(digest, options))
  }

  async read(digest: Digest, options: FetchOptions = {}): Promise<Readable | undefined> {
    const store = await this.#holding(digest)
    return store ? store.fetch({ digest, mediaType: mediaTypes.octets }, options) : this.readFromFile(digest, options)
  }

  async sizeInFile(digest: Digest, options: Options = {}): Promise<number | undefined> {
    return this.deleted.has(digest) ? undefined : (await this.existing(options))?.contents.size(digest)
  }

  async readFromFile(digest: Digest, options: FetchOptions = {}): Promise<Readable | undefined> {
    return this.deleted.has(digest) ? undefined : (await this.existing(options))?.contents.read(digest, options)
  }

  /** Opened once: all that is read comes from the same file, whatever gets its name meanwhile. */
  existing({ signal }: Options = {}): Promise<Existing | undefined> {
    this.#existing ??= this.#open({ signal })
    return this.#existing
  }

  /** Where the next push goes. */
  staging(): Promise<Staging> {
    this.#staging ??= openStaging(this.path === '-' ? join(tmpdir(), 'regctl-stdout') : this.path)
    return this.#staging
  }

  /** Nothing where nothing was pushed. */
  async staged(): Promise<Staging | undefined> {
    return this.#staging
  }

  async pushedEntries(): Promise<readonly Entry[]> {
    return (await this.#staging)?.entries() ?? []
  }

  /** Looks at the file anew. */
  async forget(): Promise<void> {
    const existing = await this.#existing?.catch(() => undefined)
    existing?.file.close()
    this.#existing = undefined
  }

  /** What was pushed is in the archive now. */
  async settle(): Promise<void> {
    await (await this.#staging)?.remove()
    this.#staging = undefined
    for (const set of [this.untagged, this.deleted, this.pushed]) set.clear()
    await this.forget()
  }

  /** What an earlier run left there does not count before it is pushed again. */
  async #holding(digest: Digest): Promise<Store | undefined> {
    return this.pushed.has(digest) ? (await this.#staging)?.store : undefined
  }

  async #open(options: Options): Promise<Existing | undefined> {
    const { pipes, write } = this.options
    if (write && !(await this.#isThere())) return undefined
    try {
      // First: what is put in its place from here on is noticed.
      const stats = await stat(this.path).catch(() => undefined)
      const file = await ArchiveFile.open(this.path, { ...options, pipes })
      if (write && file.isPacked) throw isPacked(this.path)
      return { file, stats, contents: await this.format.contents(file, options) }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Whether there is a file to add to. @throws RegctlError USAGE for what cannot be replaced by a file */
  async #isThere(): Promise<boolean> {
    if (this.path === '-') {
      // Told now, and not when all is fetched, where it cannot take one.
      outputOf(this.options)
      return false
    }
    const stats = await statOf(this.path)
    if (!stats) {
      // The system's own error: of a destination, that it is not found would only mean that it is new.
      await stat(dirname(this.path))
      return false
    }
    if (!stats.isFile()) {
      throw new RegctlError('USAGE', `${this.path} is no file, and an archive cannot take its place`, {
        hint: `to write into a pipe, use ${this.format.scheme}:-`,
      })
    }
    // As mktemp leaves it.
    return stats.size > 0
  }
}

/** @throws RegctlError UNSUPPORTED where there is none, USAGE where it cannot take an archive */
export function outputOf({ pipes }: ArchiveOptions): NodeJS.WritableStream {
  if (pipes) return pipes.output()
  throw new RegctlError('UNSUPPORTED', 'there is no standard output to write an archive to')
}

/** `undefined` when there is nothing. */
async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function isPacked(path: string): RegctlError {
  return new RegctlError('UNSUPPORTED', `${path} is compressed, and nothing can be added to it`, {
    hint: 'name a new file, or unpack it first with gunzip',
  })
}
