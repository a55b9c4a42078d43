import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Descriptor, descriptorOf } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ErrorCode } from '../../src/model/errors.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Address, Store } from '../../src/store/store.ts'
import {
  type Content,
  emptyConfig,
  makeArtifact,
  makeImage,
  makeIndex,
  openBytes,
  randomBlob,
  seed,
} from '../helpers/images.ts'

export interface Made {
  store: Store
  close?(): Promise<void>
  /** Another store over the same content, as another process would open it. */
  reopen?(): Promise<Store>
  /** A tag as this store would have it: a Docker archive knows only names of images. */
  tagged?(tag: string): string
}

/** Powers that a store lacks, each with the code of the error it throws instead. */
export interface Lacking {
  untag?: ErrorCode
  delete?: ErrorCode
  referrers?: ErrorCode
  sha512?: ErrorCode
  /** It keeps images of one platform alone: what it answers to an index of several, and to artifacts. */
  beyondImages?: ErrorCode
  /** What a manifest answers once its last tag was moved to another: an archive leaves it out. */
  superseded?: ErrorCode
  /** It cannot set a tag without taking the manifest again; blobs are still not opened. */
  retagging?: true
}

/** What every Store keeps to, whatever it is made of; `make` gives an empty one. */
export function describeStore(name: string, make: () => Promise<Made>, lacking: Lacking = {}): void {
  describe(name, () => {
    let made: Made
    let store: Store
    const t = (tag: string) => made.tagged?.(tag) ?? tag
    beforeEach(async () => {
      made = await make()
      store = made.store
    })
    afterEach(async () => made.close?.())

    describe('resolve', () => {
      it('finds an image by tag and by digest, and tells its media type and size', async () => {
        const { root } = makeImage({ seed: 'resolve' })
        await seed(store, makeImage({ seed: 'resolve' }), t('v1'))
        expect(await store.resolve(t('v1'))).toEqual(root)
        expect(await store.resolve(root.digest)).toEqual(root)
      })

      it('finds the children of an index by digest', async () => {
        const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })
        if (lacking.beyondImages) return expectCode(seed(store, sample, t('v1')), lacking.beyondImages)
        await seed(store, sample, t('v1'))
        for (const { descriptor } of manifestsOf(sample.contents.values())) {
          expect(await store.resolve(descriptor.digest)).toEqual(descriptor)
          expect(await store.stat(descriptor)).toEqual(descriptor)
        }
      })

      it.each(['v2', digestOf(Buffer.from('nobody'))])('throws NOT_FOUND for %s', async reference => {
        await expectCode(store.resolve(reference), 'NOT_FOUND')
        await seed(store, makeImage(), t('v1'))
        await expectCode(store.resolve(reference), 'NOT_FOUND')
      })
    })

    describe('stat', () => {
      it('describes what is here and nothing else', async () => {
        const { root, contents } = makeImage({ docker: true })
        for (const { descriptor } of contents.values()) expect(await store.stat(descriptor)).toBeUndefined()
        await seed(store, { root, contents }, t('v1'))
        for (const { descriptor } of contents.values()) {
          expect(await store.stat(descriptor)).toMatchObject({ digest: descriptor.digest, size: descriptor.size })
        }
        expect(await store.stat(randomBlob(10).descriptor)).toBeUndefined()
      })
    })

    describe('fetch', () => {
      const blob = randomBlob(100_000, mediaTypes.octets, 'fetch')

      it.each([0, 1, 50_000, 65_536, 99_999, 100_000, 100_001, 1_000_000])('starts at byte %d', async offset => {
        await store.push(blob.descriptor, openBytes(blob.bytes))
        const got = await buffer(await store.fetch(blob.descriptor, { offset }))
        expect(got.equals(blob.bytes.subarray(offset))).toBe(true)
      })

      it('throws NOT_FOUND for content that is not here', async () => {
        await seed(store, makeImage(), t('v1'))
        await expectCode(read(store, randomBlob(10).descriptor), 'NOT_FOUND')
        await expectCode(read(store, makeImage().root), 'NOT_FOUND')
      })

      it('stops when it is aborted', async () => {
        await store.push(blob.descriptor, openBytes(blob.bytes))
        const aborted = store.fetch(blob.descriptor, { signal: AbortSignal.abort() })
        await expect(aborted.then(buffer)).rejects.toThrow()
      })
    })

    describe('push', () => {
      const cases: [string, Content][] = [
        ['a zero-byte blob', randomBlob(0)],
        ['the empty descriptor', emptyConfig()],
        ['a blob of a type nobody knows', randomBlob(4321, 'application/vnd.example.unheard-of.v7+thing')],
        ['8 MiB', randomBlob(8 * 1024 * 1024)],
      ]
      it.each(cases)('keeps %s byte for byte', async (_name, { descriptor, bytes }) => {
        expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
        expect((await read(store, descriptor)).equals(bytes)).toBe(true)
      })

      it('keeps the exact bytes of a manifest with odd spaces and unknown keys', async () => {
        const config = emptyConfig()
        await store.push(config.descriptor, openBytes(config.bytes))
        const bytes = Buffer.from(
          `{ "schemaVersion":2,\n\t"mediaType": "${mediaTypes.ociManifest}","x-unknown":[1.0, null], "layers":[],\r\n` +
            `"artifactType":"application/vnd.example", "config":${JSON.stringify(config.descriptor)} }\n\n`,
        )
        const odd = { descriptor: descriptorOf(bytes, mediaTypes.ociManifest), bytes }
        const push = store.push(odd.descriptor, openBytes(bytes), { tag: t('odd') })
        if (lacking.beyondImages) return expectCode(push, lacking.beyondImages)
        await push
        expect(await read(store, await store.resolve(t('odd')))).toEqual(bytes)
      })

      it('does not open content that is here, and still moves the tag', async () => {
        const sample = makeImage()
        await seed(store, sample, t('v1'))
        const opened = new Set<string>()
        const again = ({ descriptor, bytes }: Content, options = {}) => {
          const open = async () => {
            opened.add(descriptor.digest)
            return Readable.from([bytes])
          }
          return store.push(descriptor, open, options)
        }
        for (const content of sample.contents.values()) {
          if (content.descriptor.digest !== sample.root.digest) expect(await again(content)).toBe('present')
        }
        const outcome = await again(contentOf(sample.contents, sample.root), { tag: t('v2') })
        expect(outcome).toBe(lacking.retagging ? 'pushed' : 'present')
        expect([...opened]).toEqual(lacking.retagging ? [sample.root.digest] : [])
        expect(await store.resolve(t('v2'))).toEqual(sample.root)
        expect(await collect(store.tags())).toEqual(expect.arrayContaining([t('v1'), t('v2')]))
      })

      it('moves a tag from one image to the next, and keeps the first by digest', async () => {
        const [first, second] = [makeImage(), makeImage()]
        await seed(store, first, t('latest'))
        await seed(store, second, t('latest'))
        expect(await store.resolve(t('latest'))).toEqual(second.root)
        expect(await collect(store.tags())).toEqual([t('latest')])
        if (lacking.superseded) return expectCode(store.resolve(first.root.digest), lacking.superseded)
        expect(await store.resolve(first.root.digest)).toEqual(first.root)
        expect(await store.stat(first.root)).toEqual(first.root)
      })

      const right = randomBlob(200_000)
      const wrong: [string, Descriptor, Uint8Array][] = [
        ['other bytes of the same size', right.descriptor, randomBlob(200_000).bytes],
        ['fewer bytes', right.descriptor, right.bytes.subarray(0, 199_999)],
        ['no bytes', right.descriptor, Buffer.alloc(0)],
        ['more bytes', right.descriptor, Buffer.concat([right.bytes, Buffer.from('!')])],
        ['a size too small', { ...right.descriptor, size: 199_999 }, right.bytes],
        ['a size too large', { ...right.descriptor, size: 200_001 }, right.bytes],
      ]
      it.each(wrong)('T11: refuses %s and keeps nothing', async (_name, descriptor, bytes) => {
        await expectCode(store.push(descriptor, openBytes(bytes)), 'CONTENT_MISMATCH')
        expect(await store.stat(descriptor)).toBeUndefined()
      })

      it('T11: refuses a manifest that is not its digest, and leaves the tag where it was', async () => {
        const [old, next] = [makeImage(), makeImage()]
        await seed(store, old, t('v1'))
        const lie = Buffer.from(contentOf(next.contents, next.root).bytes)
        lie.write('3', lie.indexOf('2'))
        await expectCode(store.push(next.root, openBytes(lie), { tag: t('v1') }), 'CONTENT_MISMATCH')
        expect(await store.resolve(t('v1'))).toEqual(old.root)
        expect(await store.stat(next.root)).toBeUndefined()
      })

      it('T11: refuses a digest it cannot compute', async () => {
        const blob = randomBlob(10)
        const descriptor: Descriptor = { ...blob.descriptor, digest: 'blake9:00ff' }
        await expectCode(store.push(descriptor, openBytes(blob.bytes)), 'CONTENT_INVALID')
      })

      it('keeps nothing when the content cannot be opened, or breaks off', async () => {
        const no = new Error('no')
        await expect(store.push(right.descriptor, () => Promise.reject(no))).rejects.toThrow()
        const breaking = async () => Readable.from(breaksOff(right.bytes, no))
        await expect(store.push(right.descriptor, breaking)).rejects.toThrow()
        expect(await store.stat(right.descriptor)).toBeUndefined()
        expect(await store.push(right.descriptor, openBytes(right.bytes))).toBe('pushed')
      })

      it('keeps nothing when it is aborted midway', async () => {
        const stop = new AbortController()
        const stalling = async () => stalls(right.bytes, () => stop.abort())
        await expect(store.push(right.descriptor, stalling, { signal: stop.signal })).rejects.toThrow()
        expect(await store.stat(right.descriptor)).toBeUndefined()
        const again = store.push(right.descriptor, openBytes(right.bytes), { signal: stop.signal })
        await expect(again).rejects.toThrow()
      })

      it('takes one blob from several at once', async () => {
        const pushes = Array.from({ length: 5 }, () => store.push(right.descriptor, openBytes(right.bytes)))
        for (const outcome of await Promise.all(pushes)) expect(['pushed', 'present']).toContain(outcome)
        expect((await read(store, right.descriptor)).equals(right.bytes)).toBe(true)
      })

      it('takes many tags at once', async () => {
        const names = Array.from({ length: 10 }, (_, at) => `t${at}`)
        await Promise.all(names.map(name => seed(store, makeImage({ layers: 1, seed: name }), t(name))))
        expect((await collect(store.tags())).sort()).toEqual(names.map(t))
        for (const name of names) {
          expect(await store.resolve(t(name))).toEqual(makeImage({ layers: 1, seed: name }).root)
        }
      })

      it(lacking.sha512 ? `throws ${lacking.sha512} for sha512` : 'keeps content under sha512', async () => {
        const { bytes } = randomBlob(5000)
        const descriptor = { mediaType: mediaTypes.octets, digest: digestOf(bytes, 'sha512'), size: 5000 }
        const push = store.push(descriptor, openBytes(bytes))
        if (lacking.sha512) return expectCode(push, lacking.sha512)
        expect(await push).toBe('pushed')
        expect((await read(store, descriptor)).equals(bytes)).toBe(true)
      })
    })

    describe('untag and delete', () => {
      it(lacking.untag ? `throws ${lacking.untag} for untag` : 'untags one and leaves its siblings', async () => {
        const sample = makeImage()
        await seed(store, sample, t('v1'))
        await store.push(sample.root, openBytes(contentOf(sample.contents, sample.root).bytes), { tag: t('v2') })
        if (lacking.untag) return expectCode(store.untag(t('v1')), lacking.untag)
        await store.untag(t('v1'))
        await expectCode(store.resolve(t('v1')), 'NOT_FOUND')
        await expectCode(store.untag(t('v1')), 'NOT_FOUND')
        expect(await store.resolve(t('v2'))).toEqual(sample.root)
        await store.untag(t('v2'))
        expect(await store.resolve(sample.root.digest)).toEqual(sample.root)
      })

      it(lacking.delete ? `throws ${lacking.delete} for delete` : 'deletes a manifest with all its tags', async () => {
        const [gone, stays] = [makeImage(), makeImage()]
        await seed(store, gone, t('v1'))
        await seed(store, gone, t('v2'))
        await seed(store, stays, t('v3'))
        if (lacking.delete) return expectCode(store.delete(gone.root), lacking.delete)
        await store.delete(gone.root)
        expect(await store.stat(gone.root)).toBeUndefined()
        for (const reference of [t('v1'), t('v2'), gone.root.digest])
          await expectCode(store.resolve(reference), 'NOT_FOUND')
        await expectCode(store.delete(gone.root), 'NOT_FOUND')
        expect(await store.resolve(t('v3'))).toEqual(stays.root)
      })
    })

    describe('referrers', () => {
      it(
        lacking.referrers ? `throws ${lacking.referrers}` : 'lists what refers to an image, and nothing else',
        async () => {
          const image = makeImage()
          await seed(store, image, t('v1'))
          if (lacking.referrers) return expectCode(collect(store.referrers(image.root)), lacking.referrers)
          expect(await collect(store.referrers(image.root))).toEqual([])
          const annotations = { 'org.example.__proto__': 'x', 'org.example.b': '"b"' }
          const sbom = makeArtifact({ artifactType: 'application/vnd.example.sbom', subject: image.root, annotations })
          const plain = makeImage({ subject: image.root })
          const list = makeIndex({ platforms: ['linux/amd64'], subject: image.root })
          const ofOther = makeArtifact({ artifactType: 'application/vnd.example.sbom', subject: sbom.root })
          if (lacking.beyondImages) return expectCode(seed(store, sbom), lacking.beyondImages)
          for (const sample of [sbom, plain, list, ofOther]) await seed(store, sample)
          const got = await collect(store.referrers(image.root))
          expect(got).toHaveLength(3)
          expect(got).toEqual(
            expect.arrayContaining([
              { ...sbom.root, artifactType: 'application/vnd.example.sbom', annotations },
              { ...plain.root, artifactType: mediaTypes.ociConfig },
              list.root,
            ]),
          )
          expect((await collect(store.referrers(sbom.root))).map(found => found.digest)).toEqual([ofOther.root.digest])
          const ofType = async (artifactType: string) =>
            (await collect(store.referrers(image.root, { artifactType }))).map(found => found.digest)
          expect(await ofType('application/vnd.example.sbom')).toEqual([sbom.root.digest])
          expect(await ofType(mediaTypes.ociConfig)).toEqual([plain.root.digest])
          expect(await ofType('application/vnd.example.sbo')).toEqual([])
        },
      )
    })

    it('is the same for whoever opens it next', async () => {
      const platforms = lacking.beyondImages ? ['linux/amd64'] : ['linux/amd64', 'linux/arm64']
      const index = makeIndex({ platforms, nested: true })
      await seed(store, index, t('v1'))
      const again = (await made.reopen?.()) ?? store
      expect(await again.resolve(t('v1'))).toEqual(index.root)
      for (const { descriptor, bytes } of index.contents.values()) {
        expect((await read(again, descriptor)).equals(bytes)).toBe(true)
      }
    })
  })
}

export async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(work).rejects.toMatchObject({ name: expect.stringMatching(/Error$/), code })
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function read(store: Store, target: Address): Promise<Buffer> {
  return buffer(await store.fetch(target))
}

function contentOf(contents: ReadonlyMap<string, Content>, { digest }: Descriptor): Content {
  const found = contents.get(digest)
  if (!found) throw new Error(`the sample has no ${digest}`)
  return found
}

function manifestsOf(contents: Iterable<Content>): Content[] {
  return [...contents].filter(({ bytes }) => bytes.includes('"schemaVersion":2'))
}

function* breaksOff(bytes: Buffer, error: Error): Generator<Buffer> {
  yield bytes.subarray(0, 70_000)
  throw error
}

/** As a connection that goes silent: some bytes, and then no more. */
function stalls(bytes: Buffer, started: () => void): Readable {
  const chunks = [bytes.subarray(0, 70_000)]
  return new Readable({
    read() {
      const chunk = chunks.pop()
      if (chunk) this.push(chunk)
      else setImmediate(started)
    },
  })
}
