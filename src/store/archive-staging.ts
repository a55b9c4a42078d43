import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isGone, isHere, ownerHere } from '../files/owner.ts'
import { layoutStore } from './layout.ts'
import { LayoutFolder, markerName } from './layout-folder.ts'
import type { Entry } from './layout-index.ts'
import type { Store } from './store.ts'

/** What was pushed to an archive that is not written yet. */
export interface Staging {
  store: Store
  /** What `index.json` lists. */
  entries(): Promise<readonly Entry[]>
  /** Once the archive is written. */
  remove(): Promise<void>
}

const suffix = '.regctl-staging'
/** Milliseconds after which what a process on another machine left is taken for abandoned. */
const maxAge = 24 * 3600 * 1000

/**
 * A layout folder `.FILE.OWNER.UUID.regctl-staging` beside the archive, for this account alone. What a process that is gone left of the
 * same archive is taken over: its blobs and the parts of blobs are there already, and only what this run pushes gets into the archive.
 */
export async function openStaging(path: string): Promise<Staging> {
  const folder = join(dirname(path), `.${basename(path)}.${ownerHere()}.${randomUUID()}${suffix}`)
  await takeOver(path, folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const layout = new LayoutFolder(folder)
  await layout.prepare()
  return {
    store: layoutStore(folder),
    entries: async () => (await layout.index()).entries,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Only one of several can rename a folder, and then it is his alone: to use the first, to remove the others. */
async function takeOver(path: string, folder: string): Promise<void> {
  let isTaken = false
  for (const left of await abandoned(path)) {
    const own = isTaken ? `${folder}.old` : folder
    if (!(await renamed(left, own))) continue
    if (isTaken) await rm(own, { recursive: true, force: true })
    // What an earlier run had meant to name is no business of this one.
    else for (const name of [markerName, 'index.json']) await rm(join(own, name), { force: true })
    isTaken = true
  }
}

async function abandoned(path: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`.${basename(path)}.`) || !name.endsWith(suffix)) continue
    const [, owner = ''] =
      /^\.([0-9a-f]+-\d+)\.[0-9a-f-]{36}\.regctl-staging$/.exec(name.slice(basename(path).length + 1)) ?? []
    const left = join(dirname(path), name)
    if ((await isOurs(left)) && (isGone(owner) || (await isOld(left, owner)))) found.push(left)
  }
  return found
}

/** In a folder that others may write to, somebody could have put it there for us (T9). */
async function isOurs(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined)
  if (!stats?.isDirectory()) return false
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0)
}

async function isOld(folder: string, owner: string): Promise<boolean> {
  if (owner === '' || isHere(owner)) return false
  const names = await readdir(folder).catch(() => [])
  const stats = await Promise.all(['.', ...names].map(name => lstat(join(folder, name)).catch(() => undefined)))
  return stats.every(each => !each || each.mtimeMs < Date.now() - maxAge)
}

function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  )
}
