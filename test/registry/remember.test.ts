import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { knownBlobs } from '../../src/registry/known.ts'
import { blobMemory } from '../../src/registry/remember.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'regctl-blobs-')), 'blobs')
})
const digest = (at: number) => digestOf(Buffer.from(String(at)))

async function learn(registry: string, entries: [number, string][]) {
  const known = knownBlobs()
  const memory = blobMemory(registry, known, folder)
  await memory.recall()
  for (const [at, repository] of entries) known.add(digest(at), repository)
  await memory.remember()
}

async function recall(registry: string) {
  const known = knownBlobs()
  await blobMemory(registry, known, folder).recall()
  return known
}

it('recalls in the next run what the last one learned, each registry for itself', async () => {
  await learn('a.example', [[1, 'demo/app']])
  await learn('a.example', [[2, 'other']])
  await learn('b.example', [[3, 'demo/app']])
  const known = await recall('a.example')
  expect(known.find(digest(1), 'new')).toBe('demo/app')
  expect(known.find(digest(2), 'new')).toBe('other')
  expect(known.find(digest(3), 'new')).toBeUndefined()
  const [file = ''] = await readdir(folder)
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
})

it('writes nothing when nothing was learned, and nothing when nothing was asked', async () => {
  await learn('a.example', [])
  const known = knownBlobs()
  known.add(digest(1), 'x')
  await blobMemory('a.example', known, folder).remember()
  await expect(readdir(folder)).rejects.toThrow()
})

it('forgets after a week', async () => {
  await learn('a.example', [[1, 'demo/app']])
  const weekAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000)
  for (const file of await readdir(folder)) await utimes(join(folder, file), weekAgo, weekAgo)
  expect((await recall('a.example')).find(digest(1), 'new')).toBeUndefined()
})

it('keeps the files of a hundred registries, and none that is a week old', async () => {
  await learn('old.example', [[1, 'demo/app']])
  const weekAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000)
  const killed = `${(await readdir(folder))[0]}.4711`
  await writeFile(join(folder, killed), 'half of')
  for (const file of await readdir(folder)) await utimes(join(folder, file), weekAgo, weekAgo)
  await learn('new.example', [[1, 'demo/app']])
  expect(await readdir(folder)).toHaveLength(1)
  for (let port = 1; port <= 101; port++) await learn(`127.0.0.1:${port}`, [[1, 'demo/app']])
  expect(await readdir(folder)).toHaveLength(100)
  expect((await recall('127.0.0.1:101')).has(digest(1), 'demo/app')).toBe(true)
})

it('leaves nothing half written', async () => {
  await learn('a.example', [[1, 'demo/app']])
  const [file = ''] = await readdir(folder)
  await rm(join(folder, file))
  await mkdir(join(folder, file))
  await learn('a.example', [[2, 'demo/app']])
  expect(await readdir(folder)).toEqual([file])
})

it('keeps the newest five thousand', async () => {
  await learn(
    'a.example',
    Array.from({ length: 6000 }, (_, at) => [at, 'demo/app']),
  )
  const known = await recall('a.example')
  expect(known.has(digest(999), 'demo/app')).toBe(false)
  expect(known.has(digest(1000), 'demo/app')).toBe(true)
})

it.each(['', '{', '{}', '[1]', '[["sha256:../x","demo"]]', `[["${digest(1)}","../../v2/_catalog"]]`])(
  'T18: takes %j for nothing',
  async text => {
    await learn('a.example', [[1, 'demo/app']])
    for (const file of await readdir(folder)) await writeFile(join(folder, file), text)
    expect([...(await recall('a.example')).entries()]).toEqual([])
  },
)

it('never fails for want of a place to write', async () => {
  await writeFile(folder, 'a file where the folder should be')
  await learn('a.example', [[1, 'demo/app']])
  expect((await recall('a.example')).has(digest(1), 'demo/app')).toBe(false)
})
