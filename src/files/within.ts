import { type FileHandle, link, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, RegctlError } from '../model/errors.ts'
import { syncFolder, temporaryBeside } from './atomic.ts'

export interface WithinOptions {
  /** A file that is there is replaced; a link is replaced itself, never what it points to. */
  overwrite?: boolean | undefined
}

/**
 * Fills a new file below `folder` and gives it its name when `fill` has ended well and all is on the disk. Nothing is written outside
 * the folder: no step of the way is a symlink, whoever put it there (T9).
 * @param segments folders and the file's name; none is `..` or has a separator
 * @throws RegctlError EXISTS for a file that is there, REFUSED for a symlink on the way or a folder that has the name
 */
export async function writeWithin(
  folder: string,
  segments: readonly string[],
  { fill, overwrite = false }: WithinOptions & { fill: (file: FileHandle) => Promise<void> },
): Promise<void> {
  const name = segments.at(-1) ?? ''
  const parent = await makeFolders(folder, segments.slice(0, -1))
  const target = join(parent, name)
  await checkFree(target, overwrite)
  // A short name: one of 255 bytes has no room for more.
  const temporary = temporaryBeside(join(parent, 'pull'))
  try {
    // `wx`: never through a name that somebody put there before us.
    const file = await open(temporary, 'wx', 0o644)
    try {
      await fill(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await giveName(temporary, target, overwrite)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(parent)
}

/** Whether a file could get this name; nothing is made. @throws RegctlError as {@link writeWithin} */
export async function checkWithin(
  folder: string,
  segments: readonly string[],
  { overwrite = false }: WithinOptions = {},
): Promise<void> {
  const root = await realpath(folder).catch(() => undefined)
  if (root === undefined) return
  for (let at = 1; at < segments.length; at++) {
    if (!(await isFolder(join(root, ...segments.slice(0, at))))) return
  }
  await checkFree(join(root, ...segments), overwrite)
}

/** The folder that was named may be a link, that is its owner's affair; below it everything is a plain folder. */
async function makeFolders(folder: string, segments: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  let path = await realpath(folder)
  for (const segment of segments) {
    path = join(path, segment)
    if (await isFolder(path)) continue
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    // Again, for whatever was there a moment later.
    await isFolder(path)
  }
  return path
}

async function isFolder(path: string): Promise<boolean> {
  const found = await lstatOf(path)
  if (!found || found.isDirectory()) return found !== undefined
  const what = found.isSymbolicLink() ? 'a symlink' : 'no folder'
  throw new RegctlError('REFUSED', `${path} is ${what}: nothing is written below it`, {
    hint: 'choose an empty folder with --output',
  })
}

async function checkFree(target: string, overwrite: boolean): Promise<void> {
  const found = await lstatOf(target)
  if (!found || (overwrite && !found.isDirectory())) return
  if (overwrite) throw new RegctlError('REFUSED', `${target} is a folder and cannot be replaced by a file`)
  throw exists(target)
}

/** Without `overwrite` in one step that fails where the name is taken: by whoever came between, or by a file system that folds case. */
async function giveName(temporary: string, target: string, overwrite: boolean): Promise<void> {
  if (overwrite) return rename(temporary, target)
  try {
    await link(temporary, target)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw exists(target)
    // A file system without hard links.
    await checkFree(target, false)
    await rename(temporary, target)
  }
}

function exists(target: string): RegctlError {
  return new RegctlError('EXISTS', `${target} is there already`, {
    hint: 'choose another folder with --output, or replace it with --overwrite',
  })
}

async function lstatOf(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  })
}
