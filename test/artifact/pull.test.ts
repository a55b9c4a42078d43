import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { bytesPart, type Part } from '../../src/artifact/parts.ts'
import { type PullOptions, pullArtifact } from '../../src/artifact/pull.ts'
import { pushArtifact } from '../../src/artifact/push.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { Notice } from '../../src/model/notice.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeIndex, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { expectCode } from '../store/contract.ts'

const title = 'org.opencontainers.image.title'
const named = (name: string | undefined, text: string, annotations = {}): Part => {
  const part = bytesPart(Buffer.from(text), 'text/plain')
  return {
    ...part,
    descriptor: { ...part.descriptor, annotations: { ...(name !== undefined && { [title]: name }), ...annotations } },
  }
}

/** Pulls an artifact of these files into `out` below a folder of its own. */
async function pull(files: readonly Part[], options: Partial<PullOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'regctl-pull-'))
  const store = memoryStore()
  const artifact = await pushArtifact(store, files)
  const notices: Notice[] = []
  const again = () =>
    pullArtifact(store, artifact, { folder: join(root, 'out'), notify: notice => notices.push(notice), ...options })
  const all = () => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
  return {
    pulled: await again(),
    again,
    root,
    all,
    notices,
    read: (path: string) => readFileSync(join(root, path), 'utf8'),
  }
}

it('brings every file, with the folders of its name', async () => {
  const { pulled, root, all, read, notices } = await pull([named('a.txt', 'A'), named('d/b.txt', 'B')])
  expect(all()).toEqual(['out', 'out/a.txt', 'out/d', 'out/d/b.txt'])
  expect([read('out/a.txt'), read('out/d/b.txt')]).toEqual(['A', 'B'])
  expect(pulled[1]).toEqual({
    title: 'd/b.txt',
    path: join(root, 'out/d/b.txt'),
    digest: digestOf(Buffer.from('B')),
    mediaType: 'text/plain',
    size: 1,
  })
  expect(notices).toEqual([])
})

it('T9: writes nothing outside, whatever the names', async () => {
  const names = [
    '/etc/passwd',
    '../../up',
    'C:\\Windows\\drive',
    'a\\..\\..\\back',
    '.git/hooks/hook',
    'CON',
    'dot.',
    'nul\u0000l',
  ]
  const { all, notices } = await pull(names.map(name => named(name, name)))
  expect(all()).toEqual(
    ['out', ...['passwd', 'up', 'drive', 'back', 'hook', '_CON', 'dot', 'nul_l'].map(name => `out/${name}`)].sort(),
  )
  expect(notices.map(({ code }) => code)).toEqual(names.map(() => 'FILE_RENAMED'))
})

it('names a file by its digest where it has no name, or none that could be kept', async () => {
  const { all } = await pull([named(undefined, 'A'), named('..', 'B')])
  const digests = ['A', 'B'].map(text => `out/${digestOf(Buffer.from(text)).replace(':', '-')}`)
  expect(all()).toEqual(['out', ...digests.sort()])
})

describe('T9: two files of one name', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['a.txt', 'A.TXT'],
    ['/x/a.txt', 'a.txt'],
    ['é', 'e\u0301'],
  ])('%j and %j are refused, also with overwrite', async (one, two) => {
    await expectCode(pull([named(one, '1'), named(two, '2')], { overwrite: true }), 'EXISTS')
  })

  it('are one where they have one content', async () => {
    expect((await pull([named('a.txt', '1'), named('a.txt', '1')])).pulled).toHaveLength(1)
  })
})

it('T9: replaces nothing unless told', async () => {
  const first = await pull([named('a.txt', 'A'), named('b.txt', 'B')])
  await expectCode(first.again(), 'EXISTS')
  const second = await pull([named('a.txt', 'A')], { overwrite: true })
  await second.again()
  expect(second.read('out/a.txt')).toBe('A')
})

it('T9: fetches nothing where one of the names is taken', async () => {
  const { root, all } = await pull([named('b.txt', 'B')])
  const store = memoryStore()
  const artifact = await pushArtifact(store, [named('a.txt', 'A'), named('b.txt', 'B')])
  await expectCode(pullArtifact(store, artifact, { folder: join(root, 'out') }), 'EXISTS')
  expect(all()).toEqual(['out', 'out/b.txt'])
})

it('T11: gives no name to bytes that are not what the manifest says', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'regctl-pull-')), 'out')
  const store = memoryStore()
  const artifact = await pushArtifact(store, [named('a.txt', 'A')])
  const lying = overriding(store, {
    fetch: async (target, options) =>
      target.mediaType === 'text/plain' ? Readable.from([Buffer.from('B')]) : store.fetch(target, options),
  })
  await expectCode(pullArtifact(lying, artifact, { folder }), 'CONTENT_MISMATCH')
  expect(readdirSync(folder)).toEqual([])
})

it('leaves a folder that oras packed as the archive it is', async () => {
  const { all, notices } = await pull([named('conf', 'tar', { 'io.deis.oras.content.unpack': 'true' })])
  expect(all()).toEqual(['out', 'out/conf.tar.gz'])
  expect(notices).toMatchObject([{ code: 'FOLDER_PACKED', message: expect.stringContaining('conf.tar.gz') }])
})

it.each<[string, Partial<PullOptions>, string[]]>([
  ['a name', { titles: ['a.txt'] }, ['a.txt']],
  ['two names', { titles: ['a.txt', 'b.json'] }, ['a.txt', 'b.json']],
  ['a type', { mediaTypes: ['application/json'] }, ['b.json']],
  ['neither', {}, ['a.txt', 'b.json']],
])('chooses by %s', async (_what, selection, expected) => {
  const json = {
    ...named('b.json', '{}!'),
    descriptor: { ...named('b.json', '{}!').descriptor, mediaType: 'application/json' },
  }
  const { pulled } = await pull([named('a.txt', 'A'), json], selection)
  expect(pulled.map(file => file.title)).toEqual(expected)
})

it('says what there is when the choice leaves nothing', async () => {
  await expect(pull([named('a.txt', 'A')], { titles: ['b.txt'] })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: 'it has a.txt',
  })
})

it('brings nothing of an artifact without files, and refuses an index', async () => {
  expect((await pull([])).pulled).toEqual([])
  const store = memoryStore()
  const root = await seed(store, makeIndex({ platforms: ['linux/amd64'] }))
  await expectCode(pullArtifact(store, root, { folder: '.' }), 'USAGE')
})
