import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isGone, isHere, ownerHere } from '../files/owner.ts'
import { isObject } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import type { Checkpoint } from '../store/store.ts'

/**
 * Where a copy had got, kept on disk so that the next run of the same copy goes on from there: one small file, without secrets. It is a
 * convenience: where it cannot be written, the copy goes on without.
 */
export interface Journal {
  /** An earlier run left something. */
  readonly goesOn: boolean
  checkpoint(digest: Digest): Checkpoint
  /** The copy is done: nothing of it need be remembered. */
  end(): Promise<void>
}

/** A registry forgets an upload after days at most (distribution: a week). */
const maxAge = 7 * 24 * 3600 * 1000
/** After this long a journal that was left on another machine or in another container is taken for abandoned. */
const maxSilence = 10 * 60 * 1000

/**
 * Opens the journal of a copy, named by where it goes from and to. What is in it is a hint and never trusted: an upload that is gone is begun
 * anew, and content is verified whole. A damaged file counts as none.
 */
export async function openJournal(folder: string, route: { source: string; destination: string }): Promise<Journal> {
  const name = createHash('sha256').update(`${route.source}\n${route.destination}`).digest('hex').slice(0, 32)
  const path = join(folder, `${name}.${ownerHere()}.json`)
  const uploads = await claim(folder, name, path)
  const goesOn = uploads.size > 0
  let writing: Promise<void> | undefined
  let dirty = false

  /** One write at a time, of what stands then: checkpoints come faster than a disk likes. */
  async function save(): Promise<void> {
    dirty = true
    writing ??= writeWhileDirty().finally(() => {
      writing = undefined
    })
    await writing
  }

  async function writeWhileDirty(): Promise<void> {
    while (dirty) {
      dirty = false
      await write(path, { ...route, uploads: Object.fromEntries(uploads) }).catch(() => {})
    }
  }

  return {
    goesOn,
    checkpoint: digest => ({
      load: async () => uploads.get(digest),
      save: async at => {
        uploads.set(digest, at)
        await save()
      },
      // Written with the next checkpoint: a stale entry costs one question, a write for each blob would cost more.
      clear: async () => {
        uploads.delete(digest)
      },
    }),
    end: async () => {
      await writing
      for (const each of [path, unfinished(path)]) await rm(each, { force: true }).catch(() => {})
      await removeOld(folder)
    },
  }
}

/** Takes over what a dead process left of this copy. One that is alive keeps its journal: two that go on with the same upload would spoil it. */
async function claim(folder: string, name: string, path: string): Promise<Map<Digest, string>> {
  const uploads = new Map<Digest, string>()
  for (const file of await readdir(folder).catch(() => [])) {
    const [, of, owner = '', isUnfinished] = /^([0-9a-f]{32})\.([0-9a-f]+-\d+)\.json(\.new)?$/.exec(file) ?? []
    const left = join(folder, file)
    if (of !== name || (left !== path && !(await isAbandoned(left, owner)))) continue
    // Killed while it was written: what it was to replace is there beside it.
    if (isUnfinished) await rm(left, { force: true }).catch(() => {})
    else if (left === path || (await take(left, path)))
      for (const [digest, at] of await read(path)) uploads.set(digest, at)
  }
  return uploads
}

async function isAbandoned(path: string, owner: string): Promise<boolean> {
  if (isGone(owner)) return true
  if (isHere(owner)) return false
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && found.mtimeMs < Date.now() - maxSilence
}

/** Whoever renames it has it. */
function take(left: string, path: string): Promise<boolean> {
  return rename(left, path).then(
    () => true,
    () => false,
  )
}

async function read(path: string): Promise<[Digest, string][]> {
  try {
    const { mtimeMs } = await stat(path)
    const value: unknown = mtimeMs > Date.now() - maxAge ? JSON.parse(await readFile(path, 'utf8')) : {}
    const uploads = isObject(value) && isObject(value.uploads) ? value.uploads : {}
    return Object.entries(uploads).filter(
      (entry): entry is [Digest, string] => isDigest(entry[0]) && typeof entry[1] === 'string',
    )
  } catch {
    return []
  }
}

/** Whole or not at all; no fsync: what a power cut takes is only progress. */
async function write(path: string, value: object): Promise<void> {
  const temporary = unfinished(path)
  const put = () => writeFile(temporary, JSON.stringify(value), { mode: 0o600 })
  await put().catch(async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await put()
  })
  await rename(temporary, path)
}

/** What will replace a journal, while it is being written. */
function unfinished(path: string): string {
  return `${path}.new`
}

/** Copies that nobody took up again. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && found.mtimeMs < Date.now() - maxAge) await rm(path, { force: true }).catch(() => {})
  }
}
