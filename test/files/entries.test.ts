import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readEntries, writeEntries } from '../../src/files/entries.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regctl-entries-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const isNumber = (value: unknown): value is number => typeof value === 'number'

it('reads what was written, and nobody else may', async () => {
  const path = join(folder, 'state', 'seen.json')
  await writeEntries(path, [
    ['a', 1],
    ['__proto__', 2],
  ])
  expect([...(await readEntries(path, isNumber))]).toEqual([
    ['a', 1],
    ['__proto__', 2],
  ])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700)
})

it.each([
  ['nothing', undefined, []],
  ['no JSON', '{"a":1', []],
  ['a list', '[1,2]', []],
  ['entries of another kind', '{"a":"1","b":2,"c":null}', [['b', 2]]],
])('reads %s', async (_what, text, entries) => {
  const path = join(folder, 'seen.json')
  if (text !== undefined) await writeFile(path, text)
  expect([...(await readEntries(path, isNumber))]).toEqual(entries)
})
