import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Descriptor } from '../../src/model/descriptor.ts'
import type { Digest } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { readManifest, readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, openBytes, randomBlob, seed } from '../helpers/images.ts'
import { collect, describeStore, expectCode } from './contract.ts'

describeStore('layout', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'regctl-layout-'))
  const path = join(dir, 'not/yet')
  return {
    store: layoutStore(path),
    reopen: async () => layoutStore(path),
    close: () => rm(dir, { recursive: true }),
  }
})

let path: string
let store: Store
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'regctl-layout-')), 'layout')
  store = layoutStore(path)
})

const image = makeImage({ seed: 'layout' })
const { root } = image
const layer = [...image.contents.values()][1]?.descriptor ?? root
const refName = 'org.opencontainers.image.ref.name'

const fileOf = (digest: Digest) => join(path, 'blobs', ...digest.split(':'))
const readIndex = async () => JSON.parse(await readFile(join(path, 'index.json'), 'utf8'))
const writeIndex = (index: unknown) =>
  writeFile(join(path, 'index.json'), typeof index === 'string' ? index : JSON.stringify(index))
const named = (target: Descriptor, name?: string) => (name ? { ...target, annotations: { [refName]: name } } : target)

describe('the folder', () => {
  it('is the one of the specification', async () => {
    await seed(store, image, 'v1')
    expect(store.location).toBe(`oci:${path}`)
    expect((await readdir(path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(JSON.parse(await readFile(join(path, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(await readIndex()).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [named(root, 'v1')],
    })
    expect(await readFile(fileOf(layer.digest))).toHaveLength(layer.size)
  })

  it('lists children only until their index is there, and referrers by themselves', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], nested: true })
    const sbom = makeArtifact({ artifactType: 'application/vnd.example', subject: index.root })
    await seed(store, index)
    await seed(store, sbom)
    expect((await readIndex()).manifests).toEqual([index.root, sbom.root])
  })

  it('lists a root that was pushed under no name without one', async () => {
    await seed(store, image, '')
    expect((await readIndex()).manifests).toEqual([root])
    expect(await store.resolve('')).toEqual(root)
  })

  it('names an entry that had no name, and lists it once', async () => {
    await seed(store, image)
    await seed(store, image, 'v1')
    expect((await readIndex()).manifests).toEqual([named(root, 'v1')])
  })

  it('gives a blob its name when it is whole', async () => {
    await seed(store, image, 'v1')
    const { descriptor, bytes } = randomBlob(100_000)
    async function* halting() {
      yield bytes.subarray(0, 60_000)
      const files = (await readdir(path, { recursive: true })).map(name => basename(name))
      expect(files).not.toContain(descriptor.digest.slice(7))
      expect(files.some(name => name.endsWith('.regctl-tmp'))).toBe(true)
      yield bytes.subarray(60_000)
    }
    await store.push(descriptor, async () => Readable.from(halting(), { objectMode: false }))
    expect(await readVerified(store, descriptor)).toEqual(bytes)
  })

  it('replaces index.json whole: who has it open reads the old one to its end', async () => {
    await seed(store, image, 'v1')
    const before = await readFile(join(path, 'index.json'), 'utf8')
    const reader = await open(join(path, 'index.json'))
    await seed(store, makeImage(), 'v2')
    expect(await reader.readFile('utf8')).toBe(before)
    await reader.close()
  })

  it('keeps keys, annotations and entries it does not know', async () => {
    await seed(store, image, 'v1')
    const other = { mediaType: 'application/xml', digest: layer.digest, size: layer.size, 'x-field': 1 }
    const annotated = { ...root, annotations: { [refName]: 'v1', 'org.example.kept': 'a' } }
    await writeIndex(
      `{"schemaVersion":2,"x-key":{"__proto__":[1]},"manifests":${JSON.stringify([other, annotated])},"annotations":{"a":"b"}}`,
    )
    await seed(store, makeImage(), 'v2')
    await store.untag('v1')
    const index = await readIndex()
    expect(JSON.stringify(index)).toContain('"x-key":{"__proto__":[1]}')
    expect(index.annotations).toEqual({ a: 'b' })
    expect(index.manifests).toContainEqual(other)
    expect(index.manifests).toContainEqual({ ...root, annotations: { 'org.example.kept': 'a' } })
  })

  it('sweeps out what killed writers left a day ago, and nothing younger', async () => {
    await seed(store, image, 'v1')
    const [old, young] = ['.blob.1.regctl-tmp', '.blob.2.regctl-tmp']
    for (const name of [old, young]) await writeFile(join(path, name), 'x')
    const dayAgo = Date.now() / 1000 - 25 * 3600
    await utimes(join(path, old), dayAgo, dayAgo)
    await seed(store, image, 'v2')
    expect(await readdir(path)).toContain(young)
    expect(await readdir(path)).not.toContain(old)
  })

  it('leaves no temporary file when a push fails', async () => {
    await seed(store, image, 'v1')
    await expectCode(store.push(randomBlob(10).descriptor, openBytes(Buffer.alloc(10))), 'CONTENT_MISMATCH')
    expect((await readdir(path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })
})

describe('what is no layout', () => {
  it('NOT_FOUND when nothing is there, and stat says no', async () => {
    expect(await store.stat(root)).toBeUndefined()
    await expectCode(store.resolve('v1'), 'NOT_FOUND')
    await expectCode(collect(store.tags()), 'NOT_FOUND')
    await expectCode(store.untag('v1'), 'NOT_FOUND')
    expect(await readdir(dirname(path))).toEqual([])
  })

  it.each([
    ['a folder of something else', 'notes.txt', 'hello', 'no oci-layout'],
    ['another version', 'oci-layout', '{"imageLayoutVersion":"2.0.0"}', 'version 2.0.0'],
    ['a marker that is not JSON', 'oci-layout', '{', 'version unknown'],
    ['a marker without end', 'oci-layout', `"${'x'.repeat(5000)}"`, 'more than'],
  ])('%s is refused for reading and for writing', async (_name, file, content, words) => {
    await mkdir(path)
    await writeFile(join(path, file), content)
    for (const work of [() => store.resolve('v1'), () => store.stat(root), () => seed(store, image, 'v1')]) {
      await expectCode(work(), 'CONTENT_INVALID')
      await expect(work()).rejects.toThrow(words)
    }
    expect(await readdir(path)).toEqual([file])
  })

  it('a layout that lost its index.json is refused', async () => {
    await seed(store, image, 'v1')
    await rm(join(path, 'index.json'))
    await expectCode(store.resolve('v1'), 'CONTENT_INVALID')
  })
})

describe('names', () => {
  const [a, b] = [makeImage({ seed: 'a' }), makeImage({ seed: 'b' })]
  const cases: [string, string[], string, string][] = [
    // what is listed (image a, then b), what is asked for, what comes
    ['a full name by its tag', ['docker.io/library/x:1', 'docker.io/library/y:2'], '2', 'b'],
    ['a full name in full', ['docker.io/library/x:1', 'docker.io/library/y:1'], 'docker.io/library/y:1', 'b'],
    ['the exact name before the end of a full one', ['docker.io/library/x:1', '1'], '1', 'b'],
    ['two full names with one tag', ['docker.io/library/x:1', 'docker.io/library/y:1'], '1', 'CONTENT_INVALID'],
    ['one name twice', ['v1', 'v1'], 'v1', 'CONTENT_INVALID'],
    ['no name, one image', ['v1'], '', 'a'],
    ['no name, one image without a name', [''], '', 'a'],
    ['no name, the one that has a name', ['', 'v1'], '', 'b'],
    ['no name, latest', ['v1', 'latest'], '', 'b'],
    ['no name, several', ['v1', 'v2'], '', 'CONTENT_INVALID'],
    ['latest, one image without a name', [''], 'latest', 'a'],
    ['latest, one image with another name', ['v1'], 'latest', 'NOT_FOUND'],
    ['latest, several without names', ['', ''], 'latest', 'NOT_FOUND'],
    ['a port is no tag', ['localhost:5000/x'], '5000/x', 'NOT_FOUND'],
    ['a digest is no tag', [`x@${root.digest}`], root.digest.slice(7), 'NOT_FOUND'],
  ]
  it.each(cases)('%s', async (_name, listed, asked, expected) => {
    for (const sample of [a, b]) await seed(store, sample)
    await writeIndex({
      schemaVersion: 2,
      manifests: listed.map((name, at) => named((at === 0 ? a : b).root, name)),
    })
    const found = store.resolve(asked)
    if (expected === 'a' || expected === 'b') expect(await found).toEqual((expected === 'a' ? a : b).root)
    else await expectCode(found, expected as 'NOT_FOUND')
  })

  it('are listed by their tag where that is clear', async () => {
    await seed(store, a)
    const names = ['v1', 'docker.io/library/x:1', 'quay.io/y:2', 'quay.io/z:2', 'v1', 'plain/name']
    await writeIndex({ schemaVersion: 2, manifests: [a.root, ...names.map(name => named(a.root, name))] })
    expect(await collect(store.tags())).toEqual(['v1', '1', 'quay.io/y:2', 'quay.io/z:2', 'plain/name'])
    await store.untag('1')
    expect(await collect(store.tags())).not.toContain('1')
  })
})

describe('T11: content that is not what it should be', () => {
  beforeEach(() => seed(store, image, 'v1'))

  it('a damaged blob is an error for the reader and written anew by a push', async () => {
    const good = image.contents.get(layer.digest)?.bytes ?? Buffer.alloc(0)
    const damaged = Buffer.from(good)
    damaged[7] = (damaged[7] ?? 0) ^ 1
    for (const bytes of [damaged, good.subarray(1), Buffer.alloc(0)]) {
      await writeFile(fileOf(layer.digest), bytes)
      await expectCode(readVerified(store, layer), 'CONTENT_MISMATCH')
      expect(await store.push(layer, openBytes(good))).toBe('pushed')
      expect(await readVerified(store, layer)).toEqual(good)
    }
  })

  it('an entry with another size than its file is an error', async () => {
    await writeIndex({ schemaVersion: 2, manifests: [named({ ...root, size: root.size + 1 }, 'v1')] })
    await expectCode(store.resolve('v1'), 'CONTENT_MISMATCH')
  })

  it('an entry without its file is NOT_FOUND', async () => {
    await rm(fileOf(root.digest))
    await expectCode(store.resolve('v1'), 'NOT_FOUND')
    expect(await store.stat(root)).toBeUndefined()
  })

  it('a manifest that index.json does not reach is not here, until it is pushed again', async () => {
    await writeIndex({ schemaVersion: 2, manifests: [] })
    expect(await store.stat(root)).toBeUndefined()
    expect(await store.stat(layer)).toEqual(layer)
    expect(await store.push(root, openBytes(Buffer.alloc(0)))).toBe('present')
    expect(await store.stat(root)).toEqual(root)
  })

  it('a manifest under a false media type is refused by whoever reads it', async () => {
    await writeIndex({ schemaVersion: 2, manifests: [named({ ...root, mediaType: mediaTypes.ociIndex }, 'v1')] })
    await expectCode(readManifest(store, await store.resolve('v1')), 'CONTENT_INVALID')
    expect(await collect(store.referrers(layer))).toEqual([])
  })

  const entry = JSON.stringify(root)
  const hostile: [string, string][] = [
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no manifests', '{"schemaVersion":2}'],
    ['another schema', `{"schemaVersion":1,"manifests":[]}`],
    ['a key twice', `{"schemaVersion":2,"manifests":[],"manifests":[${entry}]}`],
    [
      'a digest out of the folder',
      `{"schemaVersion":2,"manifests":[${entry.replace(/sha256:\w+/, 'sha256:../../x')}]}`,
    ],
    ['an algorithm out of the folder', `{"schemaVersion":2,"manifests":[${entry.replace('sha256:', '../x:')}]}`],
    ['a negative size', `{"schemaVersion":2,"manifests":[${entry.replace(/"size":\d+/, '"size":-1')}]}`],
    ['a size beyond counting', `{"schemaVersion":2,"manifests":[${entry.replace(/"size":\d+/, '"size":1e300')}]}`],
    ['depth', `{"schemaVersion":2,"manifests":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ]
  it.each(hostile)('index.json with %s is refused, and not written over', async (_name, text) => {
    await writeIndex(text)
    await expectCode(store.resolve('v1'), 'CONTENT_INVALID')
    await expectCode(seed(store, makeImage(), 'v2'), 'CONTENT_INVALID')
    expect(await readFile(join(path, 'index.json'), 'utf8')).toBe(text)
  })

  it('T12: a huge index.json is refused before it is read', async () => {
    await writeIndex(' '.repeat(64 * 1024 * 1024 + 1))
    await expectCode(store.resolve('v1'), 'CONTENT_INVALID')
  })

  it('T12: a manifest too large to parse is passed over by referrers', async () => {
    const huge = randomBlob(5 * 1024 * 1024, mediaTypes.ociIndex)
    await store.push(huge.descriptor, openBytes(huge.bytes), { tag: 'huge' })
    expect(await collect(store.referrers(root))).toEqual([])
  })

  it.each(['sha256:../../../etc/passwd', 'sha256:a/b', '../x:00', 'sha256:', 'SHA256:00'])(
    '%s never becomes a path',
    async digest => {
      const target = { ...layer, digest: digest as Digest }
      for (const work of [() => store.stat(target), () => store.fetch(target), () => store.delete(target)]) {
        await expectCode(work(), 'CONTENT_INVALID')
      }
      await expectCode(store.push(target, openBytes(Buffer.alloc(0))), 'CONTENT_INVALID')
    },
  )
})

describe('T9: symlinks', () => {
  beforeEach(() => seed(store, image, 'v1'))

  const links: [string, () => string][] = [
    ['a blob', () => fileOf(layer.digest)],
    ['the folder of an algorithm', () => join(path, 'blobs/sha256')],
    ['the blobs folder', () => join(path, 'blobs')],
  ]
  it.each(links)('%s that is one is neither read nor written nor deleted', async (_name, at) => {
    const outside = join(dirname(path), 'outside')
    await rename(at(), outside)
    await symlink(outside, at())
    await expectCode(store.stat(layer), 'CONTENT_INVALID')
    await expectCode(store.fetch(layer), 'CONTENT_INVALID')
    await expectCode(store.delete(layer), 'CONTENT_INVALID')
    await expectCode(store.push(layer, openBytes(Buffer.alloc(0))), 'CONTENT_INVALID')
  })

  it.each(['index.json', 'oci-layout'])('%s that is one is neither read nor written', async name => {
    const outside = join(dirname(path), 'outside')
    await rename(join(path, name), outside)
    await symlink(outside, join(path, name))
    const before = await readFile(outside, 'utf8')
    await expectCode(store.resolve('v1'), 'CONTENT_INVALID')
    await expectCode(seed(store, makeImage(), 'v2'), 'CONTENT_INVALID')
    expect(await readFile(outside, 'utf8')).toBe(before)
  })

  it('the folder itself may be one: it is what the person named', async () => {
    const link = join(dirname(path), 'link')
    await symlink(path, link)
    await seed(layoutStore(link), makeImage(), 'v2')
    expect(await collect(store.tags())).toEqual(['v1', 'v2'])
  })

  it('a folder in place of a blob is refused as well', async () => {
    await rm(fileOf(layer.digest))
    await mkdir(fileOf(layer.digest))
    await expectCode(store.fetch(layer).then(buffer), 'CONTENT_INVALID')
  })
})
