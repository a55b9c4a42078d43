import { mkdtemp, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { inspect, isIndexReport } from '../../src/image/inspect.ts'
import { archiveStore, dockerArchiveStore } from '../../src/store/archive.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { imageOf, seed } from '../helpers/images.ts'
import { pax, type TarMember, tar } from '../helpers/tar.ts'

/** 64 MiB of zeros in 64 KiB, again and again: 10 GiB for whoever unpacks it. */
const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024))
const bomb = Buffer.concat(Array.from({ length: 160 }, () => zeros))

const whiteouts = [
  '.wh.',
  '.wh...',
  '.wh.../etc',
  '.wh..wh..opq',
  'etc/.wh..wh..opq',
  'link/.wh.passwd',
  '.wh..wh.plnk',
]
const traversals: TarMember[] = [
  { name: '../outside', content: 'x' },
  { name: '/tmp/outside', content: 'x' },
  { name: 'link', type: '2', link: '/etc' },
  { name: 'link/passwd', content: 'x' },
  { name: 'hard', type: '1', link: '../../outside' },
  { name: 'null', type: '3' },
  pax({ path: 'a\0b' }),
  { name: 'short', content: 'x' },
]

const layers: [what: string, layer: () => Buffer][] = [
  ['T7: 10 GiB of zeros in 10 MiB of gzip', () => bomb],
  ['T7: what says gzip and is none', () => Buffer.from('not gzip at all')],
  ['T7: gzip in gzip in gzip', () => gzipSync(gzipSync(gzipSync(tar([{ name: 'a', content: 'x' }]))))],
  ['T8: names and links that lead outside', () => gzipSync(tar(traversals))],
  ['T10: whiteouts of every kind', () => gzipSync(tar(whiteouts.map(name => ({ name }))))],
  [
    'T10: 100,000 opaque whiteouts',
    () => gzipSync(tar(Array.from({ length: 100_000 }, (_, at) => ({ name: `d${at}/.wh..wh..opq` })))),
  ],
]

/** Where images can lie, each below `dir`, with the name that the image has there. */
const places: [kind: string, open: (dir: string, write: boolean) => Store, name: string][] = [
  ['layout', dir => layoutStore(join(dir, 'layout')), '1'],
  ['oci-archive', (dir, write) => archiveStore(join(dir, 'a.tar'), { write }), '1'],
  ['docker-archive', (dir, write) => dockerArchiveStore(join(dir, 'd.tar'), { write }), 'demo/app:1'],
]

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'regctl-hostile-layers-'))
  await writeFile(join(dir, 'outside'), 'untouched')
  await symlink(join(dir, 'outside'), join(dir, 'link'))
})
afterEach(() => rm(dir, { recursive: true }))

describe.each(places)('layers are carried and never opened: %s', (_, open, name) => {
  it.each(layers)('%s', async (_, make) => {
    const image = imageOf([make()])
    const source = memoryStore('source')
    await seed(source, image, '1')
    const written = open(dir, true)
    await copy({ store: source, reference: '1' }, { store: written, reference: name })
    await written.close?.()

    const read = open(dir, false)
    for (const { descriptor, bytes } of image.contents.values())
      expect((await readVerified(read, descriptor, { cap: bomb.length })).equals(bytes)).toBe(true)
    const report = await inspect(read, await read.resolve(name), { reference: name })
    expect(isIndexReport(report)).toBe(false)
    const back = memoryStore('back')
    expect((await copy({ store: read, reference: name }, { store: back, reference: '1' })).digest).toBe(
      image.root.digest,
    )

    // What was there is as it was, and beside it lies the one place alone.
    expect((await stat(join(dir, 'outside'))).nlink).toBe(1)
    expect(await readlink(join(dir, 'link'))).toBe(join(dir, 'outside'))
    expect((await readdir(dir)).length).toBe(3)
  })
})
