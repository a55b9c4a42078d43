import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { Open } from '../../src/model/content.ts'
import { digestOf } from '../../src/model/digest.ts'
import { archiveStore } from '../../src/store/archive.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, openBytes, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { layoutMembers, pax, type TarMember, tar } from '../helpers/tar.ts'
import { collect, describeStore } from './contract.ts'

const temporary = () => mkdtemp(join(tmpdir(), 'regctl-archive-'))

describeStore('oci-archive', async () => {
  const dir = await temporary()
  const path = join(dir, 'images.tar')
  const store = archiveStore(path, { write: true })
  return {
    store,
    reopen: async () => {
      await store.close?.()
      return archiveStore(path)
    },
    close: () => rm(dir, { recursive: true }),
  }
})

describeStore(
  'oci-archive that is written after each change',
  async () => {
    const dir = await temporary()
    const path = join(dir, 'images.tar')
    return {
      store: closing(archiveStore(path, { write: true })),
      reopen: async () => archiveStore(path),
      close: () => rm(dir, { recursive: true }),
    }
  },
  { superseded: 'NOT_FOUND' },
)

/** One change after the other, each in the file when it is done. */
function closing(store: Store): Store {
  let line = Promise.resolve()
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = line.then(change).then(async result => {
      await store.close?.()
      return result
    })
    line = done.then(
      () => {},
      () => {},
    )
    return done
  }
  return overriding(store, {
    push: (...args) => inTurn(() => store.push(...args)),
    untag: (...args) => inTurn(() => store.untag(...args)),
    delete: (...args) => inTurn(() => store.delete(...args)),
  })
}

let dir: string
let path: string
beforeEach(async () => {
  dir = await temporary()
  path = join(dir, 'images.tar')
})

const image = makeImage({ seed: 'archive' })

async function give(sample: Sample, tag?: string): Promise<void> {
  const store = archiveStore(path, { write: true })
  await seed(store, sample, tag)
  await store.close?.()
}

async function expectHolds(store: Store, tag: string, sample: Sample): Promise<void> {
  expect(await store.resolve(tag)).toEqual(sample.root)
  for (const { descriptor, bytes } of sample.contents.values()) {
    expect(await readVerified(store, descriptor)).toEqual(bytes)
  }
}

describe('what is written', () => {
  it('is a tar archive of an image layout, the same bytes each time, with no owner and no time', async () => {
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true, seed: 'same' })
    await give(sample, 'v1')
    const bytes = await readFile(path)
    await rm(path)
    const reversed = [...sample.contents.values()].reverse()
    const store = archiveStore(path, { write: true })
    for (const { descriptor, bytes } of reversed) {
      await store.push(descriptor, openBytes(bytes), descriptor.digest === sample.root.digest ? { tag: 'v1' } : {})
    }
    await store.close?.()
    expect(digestOf(await readFile(path))).toBe(digestOf(bytes))
    expect(bytes.length % 512).toBe(0)
    expect(bytes.toString('latin1', 0, 6)).toBe('blobs/')
    expect(bytes.toString('latin1', 108, 124)).toBe('0000000\x000000000\0')
    expect(bytes.toString('latin1', 136, 148)).toBe('00000000000\0')
  })

  it('is nothing before close, and then whole; what it was made of is gone', async () => {
    await give(image, 'v1')
    const before = await readFile(path)
    const store = archiveStore(path, { write: true })
    await seed(store, makeImage(), 'v2')
    expect(await readFile(path)).toEqual(before)
    expect((await readdir(dir)).length).toBe(2)
    await store.close?.()
    expect(await readdir(dir)).toEqual(['images.tar'])
    expect(await collect(archiveStore(path).tags())).toEqual(['v1', 'v2'])
  })

  it('is nothing at all where nothing was pushed', async () => {
    await archiveStore(path, { write: true }).close?.()
    expect(await readdir(dir)).toEqual([])
  })

  it('leaves out what lost its only name, and keeps what is needed still', async () => {
    const base = randomBlob(100_000)
    const [old, next] = [makeImage({ layers: [50_000] }), makeImage({ layers: [50_000] })]
    await give(old, 'v1')
    await give(image, 'other')
    await give({ root: base.descriptor, contents: new Map([[base.descriptor.digest, base]]) })
    await give(next, 'v1')
    const store = archiveStore(path)
    for (const { descriptor } of old.contents.values()) expect(await store.stat(descriptor)).toBeUndefined()
    expect(await store.stat(base.descriptor)).toEqual(base.descriptor)
    await expectHolds(store, 'v1', next)
    await expectHolds(store, 'other', image)
  })

  it('keeps an image that another tag or an index still names', async () => {
    const index = makeIndex({ platforms: ['linux/amd64'] })
    const [child] = [...index.contents.values()].filter(({ bytes }) => bytes.includes('"layers"'))
    await give(index, 'all')
    const amd = { root: child?.descriptor ?? index.root, contents: index.contents }
    await give(amd, 'amd64')
    await give(image, 'amd64')
    await expectHolds(archiveStore(path), 'all', index)
  })

  it('keeps referrers, which nobody names', async () => {
    await give(image, 'v1')
    const sbom = makeArtifact({ artifactType: 'application/vnd.example.sbom', subject: image.root })
    await give(sbom)
    await give(makeImage(), 'v2')
    const found = await collect(archiveStore(path).referrers(image.root))
    expect(found.map(({ digest }) => digest)).toEqual([sbom.root.digest])
  })

  it('keeps keys and annotations it does not know', async () => {
    const members = layoutMembers({ v1: image })
    const odd = {
      schemaVersion: 2,
      'x-key': [1],
      manifests: [{ ...image.root, 'x-field': 2, annotations: { a: 'b' } }],
    }
    await writeFile(
      path,
      tar(members.map(each => (each.name === 'index.json' ? { ...each, content: JSON.stringify(odd) } : each))),
    )
    await give(makeImage(), 'v2')
    const bytes = (await readFile(path)).toString('latin1')
    expect(bytes).toContain('"x-key":[1]')
    expect(bytes).toContain('"x-field":2')
    expect(bytes).toContain('{"a":"b"}')
  })

  it('keeps the mode of the file that it replaces, and follows its name where that is a link', async () => {
    await writeFile(path, '', { mode: 0o600 })
    await give(image, 'v1')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('grows by what two write at once', async () => {
    await give(image, 'v0')
    const stores = [1, 2, 3].map(() => archiveStore(path, { write: true }))
    await Promise.all(stores.map((store, at) => seed(store, makeImage(), `v${at + 1}`)))
    await Promise.all(stores.map(store => store.close?.()))
    expect(await collect(archiveStore(path).tags())).toEqual(['v0', 'v1', 'v2', 'v3'])
    expect(await readdir(dir)).toEqual(['images.tar'])
  })
})

describe('what a run that did not end has left', () => {
  it('is taken up by the next: what had arrived is not asked for again, and what it would have named is not in the archive', async () => {
    const { ownerHere } = await import('../../src/files/owner.ts')
    const big = makeImage({ layers: [3_000_000] })
    const store = archiveStore(path, { write: true })
    await seed(store, makeImage(), 'abandoned')
    for (const { descriptor, bytes } of big.contents.values()) {
      if (descriptor.digest !== big.root.digest) await store.push(descriptor, openBytes(bytes))
    }
    // As if this process had been killed: its number is of nobody.
    const [left = ''] = await readdir(dir)
    await rename(
      join(dir, left),
      join(dir, left.replace(ownerHere(), ownerHere().replace(/\d+$/, '4194304999'.slice(0, 9)))),
    )
    const next = archiveStore(path, { write: true })
    for (const { descriptor, bytes } of big.contents.values()) {
      const isRoot: boolean = descriptor.digest === big.root.digest
      const open: Open = isRoot ? openBytes(bytes) : () => Promise.reject(new Error('asked for again'))
      await next.push(descriptor, open, isRoot ? { tag: 'v1' } : {})
    }
    await next.close?.()
    expect(await readdir(dir)).toEqual(['images.tar'])
    const archive = archiveStore(path)
    expect(await collect(archive.tags())).toEqual(['v1'])
    await expectHolds(archive, 'v1', big)
    expect((await readFile(path)).length).toBeLessThan(3_020_000)
  })

  it('of a process that runs is left alone, and what another machine left counts after a day', async () => {
    const alive = archiveStore(path, { write: true })
    await seed(alive, image, 'v1')
    const [own = ''] = await readdir(dir)
    const foreign = own.replace(/\.[0-9a-f]{12}-\d+\./, '.0123456789ab-1.')
    await mkdir(join(dir, foreign), { mode: 0o700 })
    await give(makeImage(), 'v2')
    expect((await readdir(dir)).sort()).toEqual([own, foreign, 'images.tar'].sort())
    const old = Date.now() / 1000 - 25 * 3600
    await utimes(join(dir, foreign), old, old)
    await give(makeImage(), 'v3')
    expect((await readdir(dir)).sort()).toEqual([own, 'images.tar'])
    await alive.close?.()
    expect(await collect(archiveStore(path).tags())).toEqual(['v1', 'v2', 'v3'])
  })

  it('T9: of another account, or for others to write to, is not touched', async () => {
    const planted = join(
      dir,
      `.images.tar.0123456789ab-1.${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}.regctl-staging`,
    )
    await mkdir(planted, { mode: 0o777 })
    await writeFile(join(planted, 'x'), 'x')
    const old = Date.now() / 1000 - 25 * 3600
    for (const name of [join(planted, 'x'), planted]) await utimes(name, old, old)
    const { chmod } = await import('node:fs/promises')
    await chmod(planted, 0o777)
    await give(image, 'v1')
    expect(await readdir(planted)).toEqual(['x'])
  })
})

describe('what is read', () => {
  const long = `${'d/'.repeat(60)}index.json`
  const members = layoutMembers({ v1: image })
  const dotted = members.map(each => ({ ...each, name: `./${each.name}` }))
  const harmless: [string, readonly TarMember[]][] = [
    ['as tar writes a folder', [{ name: './', type: '5' }, { name: './blobs/', type: '5' }, ...dotted]],
    ['with old headers', members.map(each => ({ ...each, magic: '\0\0\0\0\0\0\0\0' }))],
    [
      'with headers of GNU, which have times in place of a prefix',
      members.map(each => ({ ...each, magic: 'ustar  \0', prefix: '14544675645' })),
    ],
    [
      'with a prefix',
      members.map(each => ({
        ...each,
        name: each.name.toString().split('/').at(-1) ?? '',
        prefix: each.name.toString().split('/').slice(0, -1).join('/'),
      })),
    ],
    [
      'with pax paths and sizes',
      members.flatMap(each => [
        pax({ path: each.name.toString(), size: String(each.content?.length), mtime: '1.5' }),
        { ...each, name: 'x' },
      ]),
    ],
    [
      'with long names of GNU',
      members.flatMap(each => [
        { name: '././@LongLink', type: 'L', content: `${each.name}\0` },
        { ...each, name: 'x' },
      ]),
    ],
    [
      'with sizes in base 256',
      members.map(each => ({
        ...each,
        size: Buffer.from(`80${(each.content?.length ?? 0).toString(16).padStart(22, '0')}`, 'hex'),
      })),
    ],
    ['with a pax comment for all', [pax({ comment: 'made by git' }, 'g'), ...members]],
    [
      'with files it does not know',
      [...members, { name: 'README', content: 'x' }, pax({ path: long }), { name: 'x', content: '{' }],
    ],
  ]
  it.each(harmless)('%s', async (_name, given) => {
    await writeFile(path, tar(given))
    await expectHolds(archiveStore(path), 'v1', image)
  })

  it('from a pipe and out of gzip, in any pieces', async () => {
    for (const bytes of [tar(members), gzipSync(tar(members))]) {
      for (const size of [1, 3, 1000, 1_000_000]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        )
        const pipes = { input: () => Readable.from(pieces), output: () => process.stderr }
        await expectHolds(archiveStore('-', { pipes }), 'v1', image)
      }
    }
  })

  it('from the file that was there when it was opened, whatever gets its name', async () => {
    await give(image, 'v1')
    const store = archiveStore(path)
    expect(await store.resolve('v1')).toEqual(image.root)
    await rm(path)
    await give(makeImage(), 'v1')
    await expectHolds(store, 'v1', image)
  })

  it('tells what is there where a name is not', async () => {
    await give(image, 'v1')
    await give(image, 'v2')
    await expect(archiveStore(path).resolve('v3')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'its tags are v1, v2',
    })
  })
})

describe('standard output', () => {
  it('gets the archive that a file would be, at close and not before, and stays open', async () => {
    await give(image, 'v1')
    const chunks: Buffer[] = []
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    const store = archiveStore('-', { write: true, pipes: { input: () => process.stdin, output: () => output } })
    const result = await copy({ store: archiveStore(path), reference: 'v1' }, { store, reference: 'v1' })
    expect([result.destination, chunks.length]).toEqual(['oci-archive:-:v1', 0])
    await store.close?.()
    expect(digestOf(Buffer.concat(chunks))).toBe(digestOf(await readFile(path)))
    expect(output.writableEnded).toBe(false)
  })
})

describe('what cannot be written to', () => {
  const cases: [string, () => Promise<string>, string][] = [
    ['a folder that is not there', async () => join(dir, 'no/images.tar'), 'ENOENT'],
    ['a folder', async () => dir, 'USAGE'],
    ['a device', async () => '/dev/null', 'USAGE'],
    ['a file of something else', async () => put('hello'), 'CONTENT_INVALID'],
    ['a compressed archive', async () => put(gzipSync(tar(layoutMembers({ v1: image })))), 'UNSUPPORTED'],
    ['- where there is none', async () => '-', 'UNSUPPORTED'],
  ]
  it.each(cases)('%s is refused before anything is moved, and left alone', async (_name, make, code) => {
    const at = await make()
    const before = await readFile(path).catch(() => undefined)
    const store = archiveStore(at, { write: true })
    const from: Store = archiveStore(join(dir, 'source.tar'), { write: true })
    await seed(from, image, 'v1')
    const opened: string[] = []
    const watched: Store = overriding(from, {
      fetch: (target, options) => {
        opened.push(target.digest)
        return from.fetch(target, options)
      },
    })
    const copied = copy({ store: watched, reference: 'v1' }, { store, reference: 'v1' })
    await expect(copied).rejects.toMatchObject({ code })
    expect(opened).toEqual([])
    expect(await readFile(path).catch(() => undefined)).toEqual(before)
  })

  async function put(content: string | Buffer): Promise<string> {
    await writeFile(path, content)
    return path
  }
})
