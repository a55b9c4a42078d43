import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { CopyEvent } from '../../src/copy/events.ts'
import type { CopyOptions } from '../../src/copy/options.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { maxDepth } from '../../src/model/graph.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Notice } from '../../src/model/notice.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

const signature = 'application/vnd.example.signature'
const sbom = 'application/vnd.example.sbom'

/** An image with an SBOM, a signature of its own, and a signature of the SBOM. */
function signed(image: Sample = makeImage()) {
  const bill = makeArtifact({ artifactType: sbom, subject: image.root })
  const seal = makeArtifact({ artifactType: signature, subject: image.root })
  const sealOfBill = makeArtifact({ artifactType: signature, subject: bill.root })
  return { image, bill, seal, sealOfBill, all: [image, bill, seal, sealOfBill] }
}

async function given(samples: readonly Sample[]) {
  const source = memoryStore('memory:source')
  const destination = memoryStore('memory:destination')
  for (const [at, sample] of samples.entries()) await seed(source, sample, at === 0 ? 'v1' : undefined)
  const notices: Notice[] = []
  const run = (options?: CopyOptions, from: Store = source) =>
    copy(
      { store: from, reference: 'v1' },
      { store: destination, reference: 'v1' },
      { referrers: true, notify: notice => notices.push(notice), ...options },
    )
  return { source, destination, notices, run }
}

async function holds(store: Store, { contents }: Sample): Promise<boolean> {
  const found = await Promise.all([...contents.values()].map(({ descriptor }) => store.stat(descriptor)))
  return found.every(each => each !== undefined)
}

async function digestsOf(list: AsyncIterable<Descriptor>): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of list) digests.push(digest)
  return digests.sort()
}

describe('copy with referrers', () => {
  it('brings what refers to the image, and what refers to that', async () => {
    const { all, image, bill, seal, sealOfBill } = signed()
    const { destination, run } = await given(all)
    const result = await run()
    expect(result.referrers).toEqual({ copied: 3, skipped: 0 })
    for (const sample of all) expect(await holds(destination, sample)).toBe(true)
    expect(await digestsOf(destination.referrers(image.root))).toEqual([bill.root.digest, seal.root.digest].sort())
    expect(await digestsOf(destination.referrers(bill.root))).toEqual([sealOfBill.root.digest])
  })

  it('leaves them where they are when nobody asks', async () => {
    const { all, image, seal } = signed()
    const { destination, run } = await given(all)
    const result = await run({ referrers: false })
    expect(result.referrers).toBeUndefined()
    expect([await holds(destination, image), await holds(destination, seal)]).toEqual([true, false])
  })

  it('brings what refers to the images of an index', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], nested: true })
    const images = [...index.contents.values()].filter(
      ({ descriptor }) => descriptor.mediaType === mediaTypes.ociManifest,
    )
    const seals = images.map(({ descriptor }) => makeArtifact({ artifactType: signature, subject: descriptor }))
    const { destination, run } = await given([index, ...seals])
    expect((await run()).referrers).toEqual({ copied: 2, skipped: 0 })
    for (const seal of seals) expect(await holds(destination, seal)).toBe(true)
  })

  it.each([
    ['one type', [sbom], { copied: 1, skipped: 0 }],
    ['two types', [sbom, signature], { copied: 3, skipped: 0 }],
    ['the other type, of the image alone: what it would sign was left behind', [signature], { copied: 1, skipped: 0 }],
    ['a type that there is none of', ['application/vnd.example.other'], { copied: 0, skipped: 0 }],
  ])('takes only %s', async (_name, artifactTypes, referrers) => {
    const { run } = await given(signed().all)
    expect((await run({ artifactTypes })).referrers).toEqual(referrers)
  })

  it('copies each after its subject', async () => {
    const { all, image, bill, sealOfBill } = signed()
    const { source, destination } = await given(all)
    const pushed: string[] = []
    const watched = overriding(destination, {
      push: (target, open, options) => {
        pushed.push(target.digest)
        return destination.push(target, open, options)
      },
    })
    await copy({ store: source, reference: 'v1' }, { store: watched, reference: 'v1' }, { referrers: true })
    const order = [image, bill, sealOfBill].map(({ root }) => pushed.indexOf(root.digest))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order).not.toContain(-1)
  })

  it('skips what is there, and brings what came since to an image that is unchanged', async () => {
    const { all, image } = signed()
    const { source, destination, run } = await given(all)
    await run()
    expect(await run()).toMatchObject({ referrers: { copied: 0, skipped: 3 }, manifests: { copied: 0 } })
    const late = makeArtifact({ artifactType: signature, subject: image.root })
    await seed(source, late)
    expect(await run()).toMatchObject({ referrers: { copied: 1, skipped: 3 }, manifests: { copied: 1, skipped: 4 } })
    expect(await holds(destination, late)).toBe(true)
  })

  it('pushes a referrer again that is there and not listed, as a copy leaves it that was cut in between', async () => {
    const { all, seal } = signed()
    const { source, destination, run } = await given(all)
    await run()
    const pushed: string[] = []
    const forgetful = overriding(destination, {
      referrers: async function* (subject, options) {
        for await (const each of destination.referrers(subject, options))
          if (each.digest !== seal.root.digest) yield each
      },
      push: (target, open, options) => {
        pushed.push(target.digest)
        return destination.push(target, open, options)
      },
    })
    await copy({ store: source, reference: 'v1' }, { store: forgetful, reference: 'v1' }, { referrers: true })
    expect(pushed).toContain(seal.root.digest)
  })

  it('says in a rehearsal what would come along, and moves nothing', async () => {
    const { all, image } = signed()
    const { destination, run } = await given(all)
    expect((await run({ dryRun: true })).referrers).toEqual({ copied: 3, skipped: 0 })
    expect(await holds(destination, image)).toBe(false)
  })

  it('leaves behind what refers to an index that is written anew, and brings what refers to the images in it', async () => {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const kept = [...index.contents.values()].find(
      ({ descriptor, bytes }) =>
        descriptor.mediaType === mediaTypes.ociManifest && bytes.includes('"manifests"') === false,
    )
    if (!kept) throw new Error('no image')
    const ofIndex = makeArtifact({ artifactType: signature, subject: index.root })
    const ofImage = makeArtifact({ artifactType: signature, subject: kept.descriptor })
    const { source, destination, run } = await given([index, ofIndex, ofImage])
    const asked: string[] = []
    const watched = overriding(source, {
      referrers: (subject, options) => {
        asked.push(subject.digest)
        return source.referrers(subject, options)
      },
    })
    const result = await run({ platforms: [parsePlatform('linux/amd64')] }, watched)
    expect(asked).toEqual([kept.descriptor.digest, ofImage.root.digest])
    expect(result.referrers).toEqual({ copied: 1, skipped: 0 })
    expect([await holds(destination, ofIndex), await holds(destination, ofImage)]).toEqual([false, true])
  })

  it('accounts for every referrer in its events', async () => {
    const events: CopyEvent[] = []
    const { run } = await given(signed().all)
    await run({ onEvent: event => events.push(event) })
    await run({ onEvent: event => events.push(event) })
    const count = (type: CopyEvent['type']) => events.filter(event => event.type === type).length
    expect(count('found')).toBe(count('done'))
  })
})

describe('T13: lists of referrers that are crafted', () => {
  /** A source whose lists are made up. */
  const listing = (source: Store, list: (subject: Descriptor) => readonly Descriptor[]): Store =>
    overriding(source, {
      referrers: async function* (subject) {
        yield* list(subject)
      },
    })

  it('a circle ends: each is copied once', async () => {
    const { all, image, seal, bill } = signed()
    const { source, run } = await given(all)
    // Digests make a true circle impossible; a list can still say so.
    const circle = listing(source, ({ digest }) =>
      digest === image.root.digest ? [seal.root, bill.root] : [image.root, seal.root, bill.root],
    )
    expect((await run({}, circle)).referrers).toEqual({ copied: 2, skipped: 0 })
  })

  it('a chain that is too long is refused', async () => {
    const image = makeImage()
    const chain = [image]
    for (let at = 0; at <= maxDepth; at++)
      chain.push(makeArtifact({ artifactType: signature, subject: chain.at(-1)?.root ?? image.root }))
    const { run } = await given(chain)
    await expect(run()).rejects.toMatchObject({ code: 'CONTENT_INVALID', message: expect.stringContaining('chain') })
    const short = await given(chain.slice(0, maxDepth + 1))
    expect((await short.run()).referrers).toEqual({ copied: maxDepth, skipped: 0 })
  })

  it('a list without an end is refused', async () => {
    const { source, run } = await given([makeImage()])
    const endless = overriding(source, {
      referrers: async function* () {
        for (let at = 0; at < 1e6; at++)
          yield { mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(String(at))), size: 10 }
      },
    })
    await expect(run({}, endless)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  })

  it.each([
    ['an entry that is not there', makeArtifact({ artifactType: signature }).root, 'it is not there'],
    ['a manifest of another subject', undefined, 'it names another subject'],
  ])('%s is left behind, and told', async (_name, entry, reason) => {
    const { all, image, seal } = signed()
    const other = makeArtifact({ artifactType: signature, subject: makeImage().root })
    const { source, destination, notices, run } = await given([...all, other])
    const lying = listing(source, ({ digest }) =>
      digest === image.root.digest ? [entry ?? other.root, seal.root] : [],
    )
    expect((await run({}, lying)).referrers).toEqual({ copied: 1, skipped: 0 })
    expect(await holds(destination, other)).toBe(false)
    expect(notices).toEqual([{ code: 'REFERRER_LEFT', message: expect.stringContaining(reason) }])
  })

  it('a referrer that lacks a layer fails the copy', async () => {
    const { all, seal } = signed()
    const { source, run } = await given(all)
    const layer = [...seal.contents.values()].find(({ descriptor }) => descriptor.mediaType === signature)
    if (!layer) throw new Error('no layer')
    await source.delete(layer.descriptor)
    await expect(run()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('damaged bytes of a referrer are refused', async () => {
    const { all, seal } = signed()
    const { source, destination, run } = await given(all)
    const damaged = overriding(source, {
      fetch: async (target, options) => {
        if (target.digest !== seal.root.digest) return source.fetch(target, options)
        const { Readable } = await import('node:stream')
        return Readable.from([Buffer.alloc(seal.root.size)])
      },
    })
    await expect(run({}, damaged)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(await destination.stat(seal.root)).toBeUndefined()
  })
})

describe('copy with digest tags', () => {
  const tagOf = ({ digest }: Descriptor, suffix: string) => `${digest.replace(':', '-')}.${suffix}`

  async function cosigned() {
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    const world = await given([index])
    const images = [...index.contents.values()].filter(
      ({ descriptor }) => descriptor.mediaType === mediaTypes.ociManifest,
    )
    const tags: string[] = []
    for (const { root, suffix } of [
      { root: index.root, suffix: 'sig' },
      { root: index.root, suffix: 'att' },
      ...images.map(({ descriptor }) => ({ root: descriptor, suffix: 'sbom' })),
    ]) {
      const tag = tagOf(root, suffix)
      tags.push(tag)
      await seed(world.source, makeArtifact({ artifactType: signature }), tag)
    }
    await seed(world.source, makeArtifact({ artifactType: signature }), tagOf(makeImage().root, 'sig'))
    return { ...world, tags, digestTags: { referrers: false, digestTags: true } }
  }

  async function tagsOf(store: Store): Promise<string[]> {
    const tags: string[] = []
    for await (const tag of store.tags()) tags.push(tag)
    return tags
  }

  it('brings those of the root and of its children, and no others', async () => {
    const { destination, run, tags, digestTags } = await cosigned()
    expect((await run(digestTags)).digestTags).toEqual({ copied: 4, skipped: 0 })
    expect((await tagsOf(destination)).sort()).toEqual(['v1', ...tags].sort())
    expect((await run(digestTags)).digestTags).toEqual({ copied: 0, skipped: 4 })
  })

  it('asks for each name where the source gives no list, or one that is longer than to ask would be', async () => {
    const { source, run, digestTags } = await cosigned()
    const { RegctlError } = await import('../../src/model/errors.ts')
    const asked: string[] = []
    const silent = (tags: Store['tags']) =>
      overriding(source, {
        tags,
        resolve: (reference, options) => {
          asked.push(reference)
          return source.resolve(reference, options)
        },
      })
    const refusing = silent(async function* () {
      yield* []
      throw new RegctlError('DENIED', 'no list for you')
    })
    expect((await run(digestTags, refusing)).digestTags).toEqual({ copied: 4, skipped: 0 })
    expect(asked).toHaveLength(1 + 3 * 3)
    const endless = silent(async function* () {
      for (let at = 0; ; at++) yield `tag-${at}`
    })
    expect((await run({ ...digestTags, force: true }, endless)).digestTags).toEqual({ copied: 4, skipped: 0 })
  })

  it('moves one that was signed again, and leaves it with noClobber', async () => {
    const { source, destination, run, tags, digestTags } = await cosigned()
    await run(digestTags)
    const [tag = ''] = tags
    const before = await destination.resolve(tag)
    const again = await seed(source, makeArtifact({ artifactType: signature }), tag)
    expect((await run({ ...digestTags, noClobber: true })).digestTags).toEqual({ copied: 0, skipped: 4 })
    expect((await destination.resolve(tag)).digest).toBe(before.digest)
    expect((await run(digestTags)).digestTags).toEqual({ copied: 1, skipped: 3 })
    expect((await destination.resolve(tag)).digest).toBe(again.digest)
  })
})

it('reads an index once for all of it', async () => {
  const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
  const { source, run } = await given([index])
  const fetched: string[] = []
  const watched = overriding(source, {
    fetch: (target, options) => {
      fetched.push(target.digest)
      return source.fetch(target, options)
    },
  })
  await run({ digestTags: true }, watched)
  expect(new Set(fetched).size).toBe(fetched.length)
})
