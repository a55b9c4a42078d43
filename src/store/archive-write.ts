import { realpath, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { putInPlace, removeLeftovers, writeBeside } from '../files/atomic.ts'
import { withLock } from '../files/lock.ts'
import { LentBody } from '../http/lent.ts'
import type { Digest } from '../model/digest.ts'
import { codeOf, MismatchError, RegctlError } from '../model/errors.ts'
import { blobName } from './archive-contents.ts'
import { finalEntries, reachedFrom } from './archive-merge.ts'
import { type ArchiveParts, type Existing, outputOf } from './archive-parts.ts'
import { type Entry, emptyIndex } from './layout-index.ts'
import type { Options, Source } from './store.ts'
import { type NewFile, packTar } from './tar-pack.ts'

/** How often an archive is put together anew because somebody else has written it meanwhile. */
const maxTries = 10

/**
 * Puts together what the file holds and what was pushed, and gives it the file's name when it is whole and on the disk: whoever reads
 * the file sees the old archive or the new one. Of several that write one file at once, each adds to what the others wrote.
 */
export async function writeArchive(parts: ArchiveParts, source: Source, options: Options = {}): Promise<void> {
  const target = await realpath(parts.path).catch(() => parts.path)
  await removeLeftovers(dirname(target))
  for (let tries = 0; tries < maxTries; tries++) {
    const { stats } = (await parts.existing(options)) ?? {}
    const chunks = await packed(parts, source, options)
    const temporary = await writeBeside(target, async file => {
      for await (const chunk of chunks) {
        options.signal?.throwIfAborted()
        await file.writeFile(chunk)
      }
    })
    const isDone = await withLock(target, async () => {
      if (!isSame(stats, await stat(target).catch(() => undefined))) return false
      // Windows replaces no file that is open.
      await parts.forget()
      await putInPlace(temporary, target)
      return true
    }).catch(async error => {
      await rm(temporary, { force: true })
      throw error
    })
    if (isDone) return
    await rm(temporary, { force: true })
    await parts.forget()
  }
  throw new RegctlError('FAILED', `${parts.path} was changed by others again and again while it was written`, {
    hint: 'run the same command again: what it had fetched is still there',
  })
}

/** Writes the archive to the output of `-`, which stays open. */
export async function streamArchive(parts: ArchiveParts, source: Source, options: Options = {}): Promise<void> {
  const output = outputOf(parts.options)
  // Copies what is lent: a pipe takes it later.
  const chunks = new LentBody(await packed(parts, source, options), () => {})
  try {
    await pipeline(chunks, output, { end: false, ...(options.signal && { signal: options.signal }) })
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error
    const message = 'whoever was to read the archive from standard output has gone before its end'
    throw new RegctlError('FAILED', message, { cause: error })
  }
}

async function packed(parts: ArchiveParts, source: Source, options: Options): Promise<AsyncGenerator<Buffer>> {
  const existing = await parts.existing(options)
  const base = existing?.contents.index ?? emptyIndex
  const entries = finalEntries(base.entries, await parts.pushedEntries(), parts)
  const frame = await parts.format.frame({ ...base, entries }, source, options)
  const dropped = await droppedFrom(source, existing, { entries, parts, options })
  const digests = new Set([...(existing?.contents.digests() ?? [])].filter(digest => !dropped.has(digest)))
  for (const digest of parts.pushed) digests.add(digest)
  const blobs = await Promise.all([...digests].map(digest => blobFile(parts, digest)))
  return packTar(inOrder(blobs, frame))
}

function inOrder(blobs: readonly NewFile[], frame: ReadonlyMap<string, Uint8Array>): NewFile[] {
  const folders = new Set(['blobs/', ...blobs.map(({ name }) => name.slice(0, name.lastIndexOf('/') + 1))])
  const files: NewFile[] = [...blobs, ...[...folders].map(name => ({ name, size: 0 }))]
  for (const [name, bytes] of frame) files.push({ name, size: bytes.length, bytes })
  return files.sort((one, other) => (one.name < other.name ? -1 : 1))
}

async function blobFile(parts: ArchiveParts, digest: Digest): Promise<NewFile> {
  const gone = () => new MismatchError(`${digest} has gone from ${parts.location} while it was written`)
  const size = await parts.size(digest)
  if (size === undefined) throw gone()
  return {
    name: blobName(digest),
    size,
    open: async () => {
      const stream = await parts.read(digest)
      if (!stream) throw gone()
      return stream
    },
  }
}

interface After {
  entries: readonly Entry[]
  parts: ArchiveParts
  options: Options
}

/** Blobs of the file that only those images need which are no longer in it; nothing when a manifest cannot be read, and nobody knows. */
async function droppedFrom(
  source: Source,
  existing: Existing | undefined,
  { entries, parts, options }: After,
): Promise<ReadonlySet<Digest>> {
  const dropped = new Set(parts.deleted)
  const kept = new Set(entries.map(entry => entry.descriptor.digest))
  const gone = (existing?.contents.index.entries ?? [])
    .map(entry => entry.descriptor)
    .filter(each => !kept.has(each.digest))
  if (!existing || gone.length === 0) return dropped
  const [needed, free] = await Promise.all([
    reachedFrom(
      source,
      entries.map(entry => entry.descriptor),
      options,
    ),
    reachedFrom(source, gone, options),
  ])
  if (needed && free) for (const digest of free) if (!needed.has(digest)) dropped.add(digest)
  return dropped
}

function isSame(one: Existing['stats'], other: Existing['stats']): boolean {
  if (!one || !other) return one === other || (other?.size ?? 0) === 0
  return one.ino === other.ino && one.dev === other.dev && one.size === other.size && one.mtimeMs === other.mtimeMs
}
