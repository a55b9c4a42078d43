import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface AtomicOptions {
  /** For a file that is not there yet; an existing file keeps its mode and owner. Default 0o644. */
  mode?: number
  /** For folders that are made on the way. Default 0o755. */
  folderMode?: number
}

const suffix = '.regctl-tmp'

/** Replaces a file whole: temporary file beside it, fsync, rename, fsync of the folder. A symlink's target is replaced, the link stays. */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, folderMode = 0o755 }: AtomicOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode })
  const target = await realpath(path).catch(() => path)
  // FileHandle.writeFile goes on after a short write; a full disk is an error, not half a file.
  const temporary = await writeBeside(target, file => file.writeFile(content), mode)
  await putInPlace(temporary, target)
}

/**
 * What will replace a file, in a temporary one beside it: whole, on the disk, and with the owner and mode of the old one. Nothing is left
 * when `fill` fails.
 */
export async function writeBeside(
  target: string,
  fill: (file: FileHandle) => Promise<unknown>,
  mode = 0o644,
): Promise<string> {
  const before = await stat(target).catch(() => undefined)
  const temporary = temporaryBeside(target)
  try {
    // `wx`: never through a name that somebody put there before us.
    const file = await open(temporary, 'wx', mode & 0o700)
    try {
      await fill(file)
      await dress(file, mode, before)
      await file.sync()
    } finally {
      await file.close()
    }
    return temporary
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Gives a temporary file its name, for good. */
export async function putInPlace(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(target))
}

/** A fresh name in the same folder, so that a rename stays on one file system; {@link removeLeftovers} knows it again. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}${suffix}`)
}

/** Whether {@link temporaryBeside} made this file name. */
export function isTemporary(name: string): boolean {
  return name.startsWith('.') && name.endsWith(suffix)
}

/** Removes temporary files that nobody wrote to for `age` milliseconds (default a day): their writers were killed. */
export async function removeLeftovers(folder: string, age: number = 24 * 3600 * 1000): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isTemporary(name)) continue
    const path = join(folder, name)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() && found.mtimeMs < Date.now() - age) await rm(path, { force: true })
  }
}

/** Makes a rename in this folder last through a power cut. Windows cannot open folders, and needs no such call. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Owner and mode of the file that will be replaced; only root may give files away, so a refusal there is no failure. */
async function dress(file: FileHandle, mode: number, before: Stats | undefined): Promise<void> {
  if (before && process.platform !== 'win32') await file.chown(before.uid, before.gid).catch(() => undefined)
  await file.chmod(before ? before.mode & 0o7777 : mode)
}
