import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporary, removeLeftovers, writeAtomic } from '../files/atomic.ts'
import { withLock } from '../files/lock.ts'
import { InvalidContentError, NotFoundError } from '../model/errors.ts'
import { type Entry, emptyIndex, type LayoutIndex, parseLayoutIndex, serializeLayoutIndex } from './layout-index.ts'
import { readPlain } from './plain-files.ts'

/** Bytes of `index.json` we are ready to parse: some hundred thousand tags (T12). */
export const indexCap = 64 * 1024 * 1024
export const markerName = 'oci-layout'
export const markerCap = 4096
/** What {@link markerName} holds. */
export const markerText = '{"imageLayoutVersion":"1.0.0"}'
const ours: ReadonlySet<string> = new Set(['blobs', 'index.json', 'index.json.lock'])

/** The frame of an image layout: the folder, `oci-layout`, and `index.json` that several processes may edit at once. */
export class LayoutFolder {
  readonly #path: string
  readonly #indexPath: string

  constructor(path: string) {
    this.#path = path
    this.#indexPath = join(path, 'index.json')
  }

  /** @throws NotFoundError when there is no layout yet; InvalidContentError when there is something else. */
  async index(): Promise<LayoutIndex> {
    if (!(await this.exists())) throw new NotFoundError(`there is no image layout in ${this.#path}`)
    const bytes = await readPlain(this.#indexPath, indexCap)
    if (!bytes) throw new InvalidContentError(`${this.#path} is not an image layout: it has no index.json`)
    return parseLayoutIndex(bytes, this.#indexPath)
  }

  /** A folder that is empty, or that another process is about to make a layout, is not one yet. @throws InvalidContentError for anything else. */
  async exists(): Promise<boolean> {
    if (await this.#marked()) return true
    const names = await namesIn(this.#path)
    // Another process may have made the layout between the two looks.
    if (names.includes(markerName) && (await this.#marked())) return true
    if (names.every(name => ours.has(name) || isTemporary(name))) return false
    throw new InvalidContentError(`${this.#path} is not an image layout: it has files, but no oci-layout`, {
      hint: 'name a folder that is empty, or does not exist yet',
    })
  }

  /** @throws InvalidContentError for a version that is not ours */
  async #marked(): Promise<boolean> {
    const marker = await readPlain(join(this.#path, markerName), markerCap)
    if (!marker) return false
    checkVersion(marker, this.#path)
    return true
  }

  /** Makes the layout unless it is there, and sweeps out what killed writers left. @throws InvalidContentError */
  async prepare(): Promise<void> {
    await mkdir(this.#path, { recursive: true })
    if (!(await this.exists())) {
      await withLock(this.#indexPath, async () => {
        if (await this.exists()) return
        if (!(await readPlain(this.#indexPath, indexCap))) {
          await writeAtomic(this.#indexPath, serializeLayoutIndex(emptyIndex))
        }
        // Last: it says that the folder is a layout.
        await writeAtomic(join(this.#path, markerName), markerText)
      })
    }
    await removeLeftovers(this.#path)
  }

  /** Reads `index.json`, edits its entries and writes it whole, alone among all processes; unchanged entries write nothing. */
  async edit(change: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    await withLock(this.#indexPath, async () => {
      const index = await this.index()
      const entries = change(index.entries)
      if (entries === index.entries) return
      await writeAtomic(this.#indexPath, serializeLayoutIndex({ ...index, entries }))
    })
  }
}

/** @throws InvalidContentError for a layout of a version that is not ours */
export function checkVersion(marker: Buffer, where: string): void {
  const version = versionOf(marker)
  if (version === '1.0.0') return
  throw new InvalidContentError(`${where} is an image layout of version ${version}, not 1.0.0`)
}

function versionOf(marker: Buffer): string {
  try {
    const version: unknown = JSON.parse(marker.toString('utf8'))?.imageLayoutVersion
    return typeof version === 'string' ? version : 'unknown'
  } catch {
    return 'unknown'
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}
