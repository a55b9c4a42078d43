import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { InvalidContentError, NotFoundError, RegctlError } from '../model/errors.ts'
import { isGzip, spool } from './archive-spool.ts'
import { openRandomAccess, type RandomAccess } from './random-access.ts'
import type { FetchOptions, Options } from './store.ts'
import { indexTar, insideOf, type Member } from './tar-index.ts'

/** What a program has for `-`: where an archive is read from, and where one is written to. */
export interface Pipes {
  /** Opened when an archive is first read from it. */
  input: () => Readable
  /** Opened when an archive is first written to it. @throws RegctlError USAGE where it cannot take one, such as a terminal */
  output: () => NodeJS.WritableStream
}

export interface OpenArchive extends Options {
  pipes?: Pipes | undefined
}

/** Links that lead to links: old archives have one step (T8). */
const maxLinks = 8

/** A tar archive that is looked into and never unpacked: members are found by name, and read where they lie. */
export class ArchiveFile {
  /** For errors: the file's name, or `standard input`. */
  readonly where: string
  /** Compressed: what was opened is a copy. */
  readonly isPacked: boolean
  readonly #file: RandomAccess
  readonly #members: ReadonlyMap<string, Member>

  private constructor(opened: Opened, members: ReadonlyMap<string, Member>) {
    this.where = opened.where
    this.isPacked = opened.isPacked
    this.#file = opened.file
    this.#members = members
  }

  /** Opens a file or `-`; what can only be read once, or is in gzip, is spooled first. @throws NotFoundError, InvalidContentError */
  static async open(path: string, options: OpenArchive = {}): Promise<ArchiveFile> {
    const opened = await openBytes(path, options)
    try {
      return new ArchiveFile(opened, await indexTar(opened.file, opened.where, options))
    } catch (error) {
      opened.file.close()
      throw error
    }
  }

  names(): Iterable<string> {
    return this.#members.keys()
  }

  /**
   * A file of this name; with `follow`, links to one count, as old versions of Docker have it, and are followed inside the archive only.
   * @throws InvalidContentError for what is no plain file, or is there twice (T8, T11, item 98)
   */
  find(name: string, { follow = false }: { follow?: boolean } = {}): Member | undefined {
    let at = name
    for (let step = 0; step <= maxLinks; step++) {
      const member = this.#members.get(at)
      if (!member) return undefined
      if (member.isAmbiguous) throw this.#refusal(at, 'is there twice')
      if (member.kind === 'file') return member
      if (!follow || (member.kind !== 'symlink' && member.kind !== 'hardlink'))
        throw this.#refusal(at, 'is no plain file')
      // A symlink is read from its folder, a hard link from the archive's root.
      const folder = member.kind === 'symlink' ? at.slice(0, at.lastIndexOf('/') + 1) : ''
      const target = member.target.startsWith('/') ? undefined : insideOf(folder + member.target)
      if (target === undefined) throw this.#refusal(at, 'is a link that leads out of the archive')
      at = target
    }
    throw this.#refusal(name, `is a link to a link, more than ${maxLinks} times`)
  }

  read({ offset: start, size }: Member, { offset = 0, signal }: FetchOptions = {}): Readable {
    signal?.throwIfAborted()
    const stream = this.#file.stream(start + offset, start + size)
    return signal ? addAbortSignal(signal, stream) : stream
  }

  /** The whole of a member in memory. @throws InvalidContentError when it has more than `cap` bytes (T12) */
  async bytes(member: Member, cap: number, { signal }: Options = {}): Promise<Buffer> {
    if (member.size > cap) {
      throw new InvalidContentError(
        `a member of ${this.where} has ${member.size} bytes, more than the ${cap} allowed here`,
      )
    }
    return buffer(this.read(member, { signal }))
  }

  /** As {@link bytes}, by name; `undefined` when there is none. */
  async text(name: string, cap: number, options: Options = {}): Promise<Buffer | undefined> {
    const member = this.find(name)
    return member && this.bytes(member, cap, options)
  }

  close(): void {
    this.#file.close()
  }

  #refusal(name: string, what: string): InvalidContentError {
    return new InvalidContentError(`${JSON.stringify(name.slice(0, 200))} in ${this.where} ${what}`)
  }
}

interface Opened {
  where: string
  isPacked: boolean
  file: RandomAccess
}

async function openBytes(path: string, { pipes, signal }: OpenArchive): Promise<Opened> {
  if (path === '-') {
    if (!pipes) throw new RegctlError('UNSUPPORTED', 'there is no standard input to read an archive from')
    return packed(pipes.input(), 'standard input', signal)
  }
  const stats = await statOf(path)
  if (stats.isDirectory()) {
    throw new InvalidContentError(`${path} is a folder, and no archive`, { hint: `for a layout write oci:${path}` })
  }
  // `<(docker save …)` is a pipe with a name.
  if (!stats.isFile()) return packed(createReadStream(path), path, signal)
  const file = await openRandomAccess(path)
  try {
    if (!isGzip(await file.at(0, 4), path)) return { where: path, isPacked: false, file }
    return await packed(file.stream(0, file.size), path, signal)
  } catch (error) {
    file.close()
    throw error
  }
}

async function packed(source: Readable, where: string, signal: AbortSignal | undefined): Promise<Opened> {
  return { where, isPacked: true, file: await spool(source, where, { signal }) }
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new NotFoundError(`there is no ${path}`, { cause: error })
    throw error
  })
}
