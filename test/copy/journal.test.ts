import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { openJournal } from '../../src/copy/journal.ts'
import { digestOf } from '../../src/model/digest.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, makeIndex, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

const route = { source: 'a.example/app:1', destination: 'b.example/app:1' }
const digest = digestOf(Buffer.from('layer'))
let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'regctl-journal-')), 'copies')
})

/** The pid of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid

/** As if another process had written it. */
async function leave(pid: number) {
  const [name = ''] = await readdir(folder)
  await rename(join(folder, name), join(folder, name.replace(/-\d+\.json$/, `-${pid}.json`)))
}

/** As if it had been written so many seconds ago. */
async function age(seconds: number) {
  const [name = ''] = await readdir(folder)
  const then = new Date(Date.now() - seconds * 1000)
  await utimes(join(folder, name), then, then)
}

describe('the journal of a copy', () => {
  it('gives the next run of the same copy what the last one saved', async () => {
    await (await openJournal(folder, route)).checkpoint(digest).save('https://b.example/upload/1')
    await leave(deadPid())
    const next = await openJournal(folder, route)
    expect(await next.checkpoint(digest).load()).toBe('https://b.example/upload/1')
    expect(await next.checkpoint(digestOf(Buffer.from('other'))).load()).toBeUndefined()
    const other = await openJournal(folder, { ...route, destination: 'c.example/app:1' })
    expect(await other.checkpoint(digest).load()).toBeUndefined()
  })

  it('leaves a living process its journal: two on one upload would spoil it', async () => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    await leave(process.ppid)
    expect(await (await openJournal(folder, route)).checkpoint(digest).load()).toBeUndefined()
  })

  it('leaves it to that process however long it has been silent', async () => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    await leave(process.ppid)
    await age(11 * 60)
    const next = await openJournal(folder, route)
    expect([next.goesOn, await next.checkpoint(digest).load()]).toEqual([false, undefined])
    expect(await readdir(folder)).toHaveLength(1)
  })

  it.each<[string, { source?: string; destination?: string }]>([
    ['from elsewhere', { source: 'c.example/app:1' }],
    ['to elsewhere', { destination: 'c.example/app:1' }],
    ['the other way', { source: route.destination, destination: route.source }],
  ])('leaves what a dead process left of a copy %s', async (_, other) => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    await leave(deadPid())
    const next = await openJournal(folder, { ...route, ...other })
    expect([next.goesOn, await next.checkpoint(digest).load()]).toEqual([false, undefined])
    expect((await openJournal(folder, route)).goesOn).toBe(true)
  })

  it('does not go on with an upload that is a week old: registries have forgotten it', async () => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    await leave(deadPid())
    await age(7 * 24 * 3600 + 60)
    const next = await openJournal(folder, route)
    expect([next.goesOn, await next.checkpoint(digest).load()]).toEqual([false, undefined])
  })

  it('leaves nothing of a journal that a process was killed while writing', async () => {
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('at')
    const [name = ''] = await readdir(folder)
    await writeFile(join(folder, name.replace(/\.\d+\.json$/, `.${deadPid()}.json.new`)), '{"upl')
    const next = await openJournal(folder, route)
    await next.end()
    expect(await readdir(folder)).toEqual([])
  })

  it('is gone at the end, and so is what nobody took up for a week', async () => {
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('at')
    await writeFile(join(folder, 'old.json'), '{}')
    const weekAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000)
    await utimes(join(folder, 'old.json'), weekAgo, weekAgo)
    await journal.end()
    expect(await readdir(folder)).toEqual([])
  })

  it('is gone at the end, also when it is just being written', async () => {
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('first')
    const saving = [1, 2, 3].map(at => journal.checkpoint(digest).save(`${at}`))
    await journal.end()
    await Promise.all(saving)
    expect(await readdir(folder)).toEqual([])
  })

  it('forgets what is cleared with the next write, and is only the owner’s to read', async () => {
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('first')
    await journal.checkpoint(digest).clear()
    const second = digestOf(Buffer.from('second'))
    await Promise.all([journal.checkpoint(second).save('a'), journal.checkpoint(second).save('b')])
    const [name = ''] = await readdir(folder)
    const text = await readFile(join(folder, name), 'utf8')
    expect(JSON.parse(text)).toEqual({ ...route, uploads: { [second]: 'b' } })
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('takes over what was left in another container once it is ten minutes old', async () => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    const [name = ''] = await readdir(folder)
    const elsewhere = join(folder, name.replace(/\.[0-9a-f]+-/, '.0123456789ab-'))
    await rename(join(folder, name), elsewhere)
    expect((await openJournal(folder, route)).goesOn).toBe(false)
    const before = new Date(Date.now() - 11 * 60 * 1000)
    await utimes(elsewhere, before, before)
    const journal = await openJournal(folder, route)
    expect(journal.goesOn).toBe(true)
    expect(await journal.checkpoint(digest).load()).toBe('at')
  })

  it('never fails a copy for want of a place to write', async () => {
    await writeFile(folder, 'a file where the folder should be')
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('at')
    await journal.end()
    expect(journal.goesOn).toBe(false)
  })

  it('leaves nothing half written when a full disk has room again', async () => {
    const journal = await openJournal(folder, route)
    await journal.checkpoint(digest).save('at')
    const [name = ''] = await readdir(folder)
    // As a write leaves it that the disk had no room for.
    await writeFile(join(folder, `${name}.new`), '{"upl')
    await journal.end()
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"uploads":[]}',
    '{"uploads":{"sha256:../x":"a","x":"b"}}',
    `{"uploads":{"${digest}":5}}`,
    `{"uploads":{"${digest}":null}}`,
  ])('takes %j for none', async text => {
    await (await openJournal(folder, route)).checkpoint(digest).save('at')
    const [name = ''] = await readdir(folder)
    await writeFile(join(folder, name), text)
    const next = await openJournal(folder, route)
    expect([next.goesOn, await next.checkpoint(digest).load()]).toEqual([false, undefined])
  })
})

describe('a copy with a journal', () => {
  const sample = makeImage({ layers: [2_000_000, 10] })
  const from = async () => {
    const store = memoryStore('memory:source')
    await seed(store, sample, 'v1')
    return { store, reference: 'v1' }
  }

  it('offers a checkpoint for what is worth it, and leaves nothing behind when it is done', async () => {
    const store = memoryStore('memory:destination')
    const offered: number[] = []
    const watching = overriding(store, {
      push: (target, open, options) => {
        if (options?.checkpoint) offered.push(target.size)
        return store.push(target, open, options)
      },
    })
    await copy(await from(), { store: watching, reference: 'v1' }, { journals: folder })
    expect(offered).toHaveLength(1)
    expect(offered[0]).toBeGreaterThan(2_000_000)
    expect(await readdir(folder).catch(() => [])).toEqual([])
  })

  it('counts what an earlier run had delivered as resumed, and the rest as copied', async () => {
    const store = memoryStore('memory:destination')
    const resuming = overriding(store, {
      push: async (target, open, options) => {
        if (target.size > 1_000_000) {
          await buffer(await open(1_500_000))
          await buffer(await open(1_800_000))
        }
        return store.push(target, open, options)
      },
    })
    const result = await copy(await from(), { store: resuming, reference: 'v1' })
    expect(result.bytes.resumed).toBe(1_500_000)
    const total = [...sample.contents.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(result.bytes.copied + result.bytes.resumed).toBe(total)
  })

  it('looks for what an earlier run has brought, where one left something', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const [first = index.root] = [...index.contents.values()]
      .map(({ descriptor }) => descriptor)
      .filter(({ digest, mediaType }) => mediaType.includes('manifest') && digest !== index.root.digest)
    const source = memoryStore('memory:source')
    await seed(source, index, 'v1')
    const fetched: number[] = []
    for (const isLeft of [false, true]) {
      const store = memoryStore('memory:destination')
      await copy({ store: source, reference: first.digest }, { store, reference: first.digest })
      const places = { source: 'memory:source:v1', destination: 'memory:destination:v1' }
      if (isLeft) await (await openJournal(folder, places)).checkpoint(digest).save('at')
      let times = 0
      const watched = overriding(source, {
        fetch: (target, options) => {
          if (target.digest === first.digest) times++
          return source.fetch(target, options)
        },
      })
      await copy({ store: watched, reference: 'v1' }, { store, reference: 'v1' }, { journals: folder })
      fetched.push(times)
    }
    expect(fetched).toEqual([1, 0])
  })

  it('opens none for a copy that is unchanged or only rehearsed', async () => {
    const store = memoryStore('memory:destination')
    await copy(await from(), { store, reference: 'v1' }, { journals: folder, dryRun: true })
    await copy(await from(), { store, reference: 'v1' })
    await copy(await from(), { store, reference: 'v1' }, { journals: folder })
    await expect(readdir(folder)).rejects.toThrow()
  })
})
