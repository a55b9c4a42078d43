import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises'
import { InvalidContentError } from '../model/errors.ts'

/**
 * Opens a regular file for reading; `undefined` when there is none.
 * @throws InvalidContentError for a symlink, folder or pipe: a layout from elsewhere must not reach out of itself (item 98).
 */
export async function openPlain(path: string): Promise<FileHandle | undefined> {
  const found = await lstatOf(path)
  if (!found) return undefined
  if (!found.isFile()) throw notPlain(path)
  // The name may change between the two calls; O_NOFOLLOW holds where the system has it, O_NONBLOCK keeps a pipe from blocking us.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error.code === 'ELOOP' ? notPlain(path) : error
  })
  if (!file || (await file.stat()).isFile()) return file
  await file.close()
  throw notPlain(path)
}

/** The bytes of a regular file; `undefined` when there is none. @throws InvalidContentError when it is not plain, or larger than `cap` bytes (T12). */
export async function readPlain(path: string, cap: number): Promise<Buffer | undefined> {
  const file = await openPlain(path)
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    if (size > cap) throw new InvalidContentError(`${path} has ${size} bytes, more than the ${cap} allowed here`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Bytes of a regular file; `undefined` when there is none. @throws InvalidContentError when it is not plain. */
export async function sizeOfPlain(path: string): Promise<number | undefined> {
  const found = await lstatOf(path)
  if (found && !found.isFile()) throw notPlain(path)
  return found?.size
}

/** Whether a real folder is there. @throws InvalidContentError when something else has its name. */
export async function isPlainFolder(path: string): Promise<boolean> {
  const found = await lstatOf(path)
  if (found && !found.isDirectory()) throw notPlain(path)
  return found !== undefined
}

/** Makes a folder whose parent is there, unless it is; says whether it was made. @throws InvalidContentError when something else has its name. */
export async function makePlainFolder(path: string): Promise<boolean> {
  if (await isPlainFolder(path)) return false
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if (await isPlainFolder(path)) return false
    throw error
  }
}

async function lstatOf(path: string) {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function notPlain(path: string): InvalidContentError {
  return new InvalidContentError(`${path} is a symlink or a special file, which an image layout must not hold`)
}
