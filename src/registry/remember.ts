import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDigest } from '../model/digest.ts'
import { isRepository } from '../model/reference.ts'
import type { KnownBlobs } from './known.ts'

/** Registries collect garbage; what is older is more often wrong than useful. */
const maxAge = 7 * 24 * 3600 * 1000
/** Entries in one file: about half a megabyte. */
const most = 5000
/** Files, one a registry; test registries have another port each time. */
const mostFiles = 100

/** What earlier runs learned of which repository holds which blob. Hints to mount from, never trusted: a wrong one costs nothing but a refused mount. */
export interface BlobMemory {
  /** Adds what is remembered, once. */
  recall(): Promise<void>
  /** Writes down what is known, when this run has learned anything. Never throws: nothing is lost but a hint. */
  remember(): Promise<void>
}

/** One file a registry in `folder`, written whole; of two runs at once the last one's stays. Without a folder nothing is remembered. */
export function blobMemory(registry: string, known: KnownBlobs, folder: string | undefined): BlobMemory {
  if (folder === undefined) return { recall: async () => {}, remember: async () => {} }
  const path = join(folder, `${createHash('sha256').update(registry).digest('hex').slice(0, 32)}.json`)
  let recalled: Promise<void> | undefined
  let before = 0
  return {
    recall: () => {
      recalled ??= read(path).then(entries => {
        const fresh = [...known.entries()]
        for (const [digest, repository] of [...entries, ...fresh]) known.add(digest, repository)
        before = [...known.entries()].length - fresh.length
      })
      return recalled
    },
    remember: async () => {
      const entries = [...known.entries()]
      if (recalled === undefined || entries.length === before) return
      await write(path, entries.slice(-most)).catch(() => {})
    },
  }
}

type Entry = Parameters<KnownBlobs['add']>

async function read(path: string): Promise<Entry[]> {
  try {
    const { mtimeMs } = await stat(path)
    const value: unknown = mtimeMs > Date.now() - maxAge ? JSON.parse(await readFile(path, 'utf8')) : []
    return Array.isArray(value) ? value.slice(-most).filter(isEntry) : []
  } catch {
    return []
  }
}

function isEntry(value: unknown): value is Entry {
  return Array.isArray(value) && isDigest(value[0]) && typeof value[1] === 'string' && isRepository(value[1])
}

async function write(path: string, entries: readonly Entry[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  try {
    await writeFile(temporary, JSON.stringify(entries), { mode: 0o600 })
    await rename(temporary, path)
  } catch {
    await rm(temporary, { force: true })
  }
  await removeOld(dirname(path))
}

/** The files of registries that nobody talks to any more, and what a killed run left. */
async function removeOld(folder: string): Promise<void> {
  const times = new Map<string, number>()
  for (const name of await readdir(folder)) times.set(name, (await stat(join(folder, name))).mtimeMs)
  const newestFirst = [...times].sort(([, one], [, other]) => other - one)
  for (const [at, [name, time]] of newestFirst.entries())
    if (at >= mostFiles || time < Date.now() - maxAge) await rm(join(folder, name), { force: true })
}
