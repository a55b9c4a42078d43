import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, expect, it } from 'vitest'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import { makeImage } from '../helpers/images.ts'
import { collect } from './contract.ts'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'regctl-processes-')), 'layout')
})

/** What the writer says it finished: the last number it printed. */
interface Writer {
  child: ChildProcess
  finished: () => number | undefined
  exit: Promise<unknown>
}

function startWriter(kind: string, first: number, count: number): Writer {
  const script = join(import.meta.dirname, 'layout-writer.ts')
  const args = ['--import', 'tsx', script, path, kind, `${first}`, `${count}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  return {
    child,
    finished: () =>
      said
        .match(/(\d+)\n$/)
        ?.slice(1)
        .map(Number)[0],
    exit: once(child, 'close'),
  }
}

async function expectWhole(root: Descriptor): Promise<void> {
  const store = layoutStore(path)
  const manifest = await readManifest(store, root)
  const children = manifest.kind === 'image' ? [manifest.config ?? [], ...manifest.layers].flat() : manifest.manifests
  for (const child of children) await readVerified(store, child)
}

/** Also what nothing names yet: the next writer will find it by its name alone. */
async function expectEveryBlobWhole(): Promise<void> {
  const folder = join(path, 'blobs/sha256')
  for (const name of await readdir(folder)) expect(digestOf(await readFile(join(folder, name)))).toBe(`sha256:${name}`)
}

it('two processes write fifty tags each into a layout at once, and none is lost', async () => {
  const [one, two] = [startWriter('one', 0, 50), startWriter('two', 0, 50)]
  expect(await Promise.all([one.exit, two.exit])).toEqual([
    [0, null],
    [0, null],
  ])
  const store = layoutStore(path)
  const expected = ['one', 'two'].flatMap(kind => Array.from({ length: 50 }, (_, at) => `${kind}-${at}`))
  expect((await collect(store.tags())).sort()).toEqual(expected.sort())
  for (const tag of expected) {
    const root = await store.resolve(tag)
    expect(root).toEqual(makeImage({ layers: [500], seed: tag }).root)
    await expectWhole(root)
  }
}, 120_000)

it('a writer killed at any moment leaves the old tag or the new one, whole', async () => {
  let next = 0
  for (let round = 0; round < 15; round += 1) {
    const writer = startWriter('retag', next, 10_000)
    await once(writer.child.stdout ?? writer.child, 'data')
    // Spread over the few milliseconds one image takes.
    await wait(3 + ((round * 7) % 31) + (round % 3) / 3)
    writer.child.kill('SIGKILL')
    await writer.exit
    const last = writer.finished() ?? next
    const root = await layoutStore(path).resolve('v')
    const oldOrNew = [last, last + 1].map(at => makeImage({ layers: [200_000], seed: `retag-${at}` }).root)
    expect(oldOrNew).toContainEqual(root)
    await expectWhole(root)
    await expectEveryBlobWhole()
    next = last + 1
    // What a dead writer held is free after ten seconds, or at once for a person who removes it.
    await rm(join(path, 'index.json.lock'), { recursive: true, force: true })
  }
}, 120_000)
