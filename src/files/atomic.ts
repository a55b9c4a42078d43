import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

export interface AtomicOptions {
  /** For a file that is not there yet; an existing file keeps its mode and owner. Default 0o644. */
  mode?: number
  /** For folders that are made on the way. Default 0o755. */
  folderMode?: number
}

/** Replaces a file whole: temporary file beside it, fsync, rename, fsync of the folder. A symlink's target is replaced, the link stays. */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, folderMode = 0o755 }: AtomicOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode })
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  const data =
    typeof content === 'string' ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  await writeFileAtomic(path, data, exists ? {} : { mode })
  await syncFolder(dirname(path))
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
