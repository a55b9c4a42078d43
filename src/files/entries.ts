import { readFile } from 'node:fs/promises'
import { isObject } from '../model/descriptor.ts'
import { writeAtomic } from './atomic.ts'

/** What a JSON file of the state folder holds, by name; none where it is missing or damaged, as it is made anew. */
export async function readEntries<T>(path: string, isEntry: (value: unknown) => value is T): Promise<Map<string, T>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    const entries = isObject(value) ? Object.entries(value) : []
    return new Map(entries.filter((entry): entry is [string, T] => isEntry(entry[1])))
  } catch {
    return new Map()
  }
}

/** Replaces such a file whole; this account alone can read it. */
export function writeEntries(path: string, entries: Iterable<readonly [name: string, value: unknown]>): Promise<void> {
  const text = `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
  return writeAtomic(path, text, { mode: 0o600, folderMode: 0o700 })
}
