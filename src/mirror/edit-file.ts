import { constants } from 'node:fs'
import { access, lstat, readFile, realpath, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeAtomic } from '../files/atomic.ts'
import { withLock } from '../files/lock.ts'
import { codeOf, RegctlError, reworded } from '../model/errors.ts'
import type { Change, Edit } from './edit.ts'
import { decode, encode } from './encoding.ts'
import { unifiedDiff } from './unified-diff.ts'

export interface EditFileOptions {
  /** Write nothing; the result has the difference. */
  dryRun?: boolean
  /** Asked before anything is written. @throws RegctlError REFUSED */
  check?: (text: string) => Promise<void>
  /** Milliseconds since the epoch, for the name of the backup. */
  now?: () => number
  /** Of this process; a link that belongs to somebody else is not followed. */
  uid?: number
}

/** What became of a file. */
export interface FileEdit {
  file: string
  changed: boolean
  /** What it names now, or would name. */
  mirrors: string[]
  /** A copy of what was there; absent where nothing was. */
  backup?: string
  /** Lines as `diff -u` writes them. */
  diff?: string
}

/**
 * Edits an engine's configuration as root may have to: under a lock, checked, backed up, replaced in one step, with owner, mode, encoding and
 * symlink as they were. At any moment the file is the old one or the new one, whole (T17, T25).
 * @throws RegctlError REFUSED with the reason, and nothing is changed
 */
export async function editFile(
  file: string,
  { edit, change }: { edit: Edit; change: Change },
  options: EditFileOptions = {},
): Promise<FileEdit> {
  const { dryRun = false, check, now = Date.now } = options
  const plan = async () => {
    const before = await readRegular(file, options)
    const { encoding, text } = decode(before ?? Buffer.alloc(0))
    const edited = await edit(text, change)
    const result: FileEdit = { file, changed: edited.changed, mirrors: edited.mirrors }
    if (edited.changed) result.diff = unifiedDiff(file, text, edited.text)
    return { before, result, text: edited.text, bytes: encode(edited.text, encoding) }
  }
  return naming(file, async () => {
    const planned = await plan()
    if (!planned.result.changed) return planned.result
    await check?.(planned.text)
    if (dryRun) return planned.result
    await refuseUnwritable(file, planned.before !== undefined)
    return withLock(file, async () => {
      // Somebody may have been here since.
      const { before, result, bytes, text } = await plan()
      if (!result.changed) return result
      if (text !== planned.text) await check?.(text)
      if (before) {
        const backup = await backupOf(await realpath(file), now())
        await writeAtomic(backup, before, { mode: (await stat(file)).mode & 0o777 })
        result.backup = backup
      }
      await writeAtomic(file, bytes)
      return result
    })
  })
}

/** A name that is free: the second edit of a second keeps what the first has left. */
async function backupOf(file: string, time: number): Promise<string> {
  const name = `${file}.bak-${new Date(time).toISOString().replace(/\D/g, '').slice(0, 14)}`
  for (let number = 1; ; number++) {
    const path = number === 1 ? name : `${name}-${number}`
    if (!(await lstat(path).catch(notThere))) return path
  }
}

/** Puts back what was there. */
export async function rollBack({ file, backup }: FileEdit): Promise<void> {
  if (backup !== undefined) await writeAtomic(file, await readFile(backup))
  else await rm(file, { force: true })
}

/** `undefined`: there is no such file. */
async function readRegular(file: string, { uid = process.getuid?.() }: EditFileOptions): Promise<Buffer | undefined> {
  const link = await lstat(file).catch(notThere)
  await refuseOpenFolders(dirname(file), uid)
  if (!link) return undefined
  if (link.isSymbolicLink()) {
    if (uid !== undefined && link.uid !== 0 && link.uid !== uid) throw refusal('it is a link of somebody else')
    const target = await realpath(file).catch(notThere)
    if (target === undefined) throw refusal('it is a link that leads nowhere')
    await refuseOpenFolders(dirname(target), uid)
  }
  const found = await stat(file)
  if (!found.isFile()) throw refusal('it is not a regular file')
  if (found.nlink > 1) throw refusal('it has a second name (a hard link), which would keep the old content')
  if ((found.mode & 0o222) === 0) throw refusal('it is marked read-only', `if that may change: chmod u+w ${file}`)
  return readFile(file)
}

/**
 * Where others may rename files or folders, what is checked need not be what is written (T25). A sticky folder lets each rename only their own.
 * The way as it is written, and as links lead it.
 */
async function refuseOpenFolders(folder: string, uid: number | undefined): Promise<void> {
  if (process.platform === 'win32') return
  const real = await realpath(folder).catch(notThere)
  for (const way of new Set([folder, real ?? folder])) await refuseOpenWay(way, uid)
}

async function refuseOpenWay(folder: string, uid: number | undefined): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await stat(at).catch(notThere)
    const isOpen = found && (found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0
    if (isOpen) throw refusal(`everybody may change its folder ${at}`, `chmod o-w ${at}`)
    // Whoever owns a folder may put another file, folder or link there at any moment.
    if (found && uid === 0 && found.uid !== 0)
      throw refusal(`its folder ${at} belongs to somebody else`, 'edit it as its owner')
    if (at === dirname(at)) return
  }
}

async function refuseUnwritable(file: string, isThere: boolean): Promise<void> {
  const writable = async (path: string) => {
    const error = await access(path, constants.W_OK).catch((cause: NodeJS.ErrnoException) => cause)
    if (!error) return
    throw refusal(`${path} may not be written by you (${error.code})`, 'run it as the owner of the file: sudo regctl …')
  }
  if (!isThere) return
  const target = await realpath(file)
  await writable(target)
  for (const folder of new Set([dirname(target), dirname(file)])) await writable(folder)
}

/** Every refusal names the file. */
async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegctlError) {
      throw error.message.includes(file) ? error : reworded(error, `${file} is left as it is: ${error.message}`)
    }
    const code = codeOf(error)
    if (!/^E[A-Z]+$/.test(code)) throw error
    throw new RegctlError('REFUSED', `${file} is left as it is: it cannot be read or written (${code})`, {
      hint: code === 'EACCES' || code === 'EPERM' ? 'run it as the owner of the file: sudo regctl …' : undefined,
      cause: error,
    })
  }
}

function refusal(reason: string, hint?: string): RegctlError {
  return new RegctlError('REFUSED', reason, { hint })
}

function notThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
