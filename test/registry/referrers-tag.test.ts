import { describe, expect, it } from 'vitest'
import { type Descriptor, descriptorOf } from '../../src/model/descriptor.ts'
import type { Digest } from '../../src/model/digest.ts'
import { type IndexManifest, parseManifest } from '../../src/model/manifest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { changedList, isDone, referrersTag } from '../../src/registry/referrers-tag.ts'
import { referrerEntry } from '../../src/store/referrers.ts'
import { json, makeArtifact, makeImage, makeIndex, randomBlob } from '../helpers/images.ts'

describe('item 64: the tag of a list', () => {
  it.each<[Digest, string]>([
    [`sha256:${'a'.repeat(64)}`, `sha256-${'a'.repeat(64)}`],
    [`sha512:${'b'.repeat(128)}`, `sha512-${'b'.repeat(64)}`],
    [`a+b.c_d-e:${'C=_'.repeat(3)}`, 'a-b.c_d-e-C-_C-_C-_'],
    [`${'x'.repeat(40)}:${'1'.repeat(70)}`, `${'x'.repeat(32)}-${'1'.repeat(64)}`],
  ])('%s', (digest, tag) => expect(referrersTag(digest)).toBe(tag))
})

const manifestOf = (sample: ReturnType<typeof makeImage>) => {
  const content = sample.contents.get(sample.root.digest)
  return parseManifest(content?.bytes ?? Buffer.alloc(0), sample.root.mediaType)
}

describe('item 66: what a list says of a manifest', () => {
  it.each<[string, ReturnType<typeof makeImage>, Partial<Descriptor>]>([
    ['its type', makeArtifact({ artifactType: 'a/b' }), { artifactType: 'a/b' }],
    ["its config's type where it has none", makeImage(), { artifactType: mediaTypes.ociConfig }],
    ['nothing, for an index without a type', makeIndex({ platforms: [] }), {}],
    [
      'all its annotations',
      makeArtifact({ artifactType: 'a/b', annotations: { a: '1', b: '2' } }),
      { artifactType: 'a/b', annotations: { a: '1', b: '2' } },
    ],
  ])('%s', (_, sample, expected) => {
    const { mediaType, digest, size } = sample.root
    const root = { ...sample.root, annotations: { not: 'this' }, platform: { os: 'x', architecture: 'y' } }
    expect(referrerEntry(root, manifestOf(sample))).toEqual({ mediaType, digest, size, ...expected })
  })
})

describe('item 66: a list that is changed', () => {
  const entry = (name: string): Descriptor => randomBlob(1, mediaTypes.ociManifest, name).descriptor
  const [a, b, c] = [entry('a'), entry('b'), entry('c')]
  const list = (entries: readonly object[], more: object = {}): IndexManifest => {
    const value = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries, ...more }
    const index = parseManifest(json(mediaTypes.ociIndex, value).bytes, mediaTypes.ociIndex)
    if (index.kind !== 'index') throw new Error('no index')
    return index
  }
  const namesIn = (bytes: Buffer) =>
    (JSON.parse(bytes.toString()).manifests as Descriptor[]).map(({ digest }) =>
      ['a', 'b', 'c'].find(name => entry(name).digest === digest),
    )

  it.each<[string, Descriptor[] | undefined, Parameters<typeof changedList>[1], string[]]>([
    ['is begun', undefined, [{ entry: a }], ['a']],
    ['gets another behind the others', [a], [{ entry: b }], ['a', 'b']],
    ['gets several', [a], [{ entry: b }, { entry: c }], ['a', 'b', 'c']],
    ['has each once', [a, b], [{ entry: a }], ['a', 'b']],
    ['loses one', [a, b, c], [{ entry: b, leaves: true }], ['a', 'c']],
    ['loses what stands there twice', [a, b, a], [{ entry: a, leaves: true }], ['b']],
    ['loses its last', [a], [{ entry: a, leaves: true }], []],
    ['loses and gets', [a, b], [{ entry: c }, { entry: a, leaves: true }], ['b', 'c']],
    ['loses what is not there', [a], [{ entry: b, leaves: true }], ['a']],
  ])('%s', (_, before, changes, expected) => {
    const { bytes, target } = changedList(before && list(before), changes)
    expect(namesIn(bytes)).toEqual(expected)
    expect(target).toEqual(descriptorOf(bytes, mediaTypes.ociIndex))
    expect(JSON.parse(bytes.toString())).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.ociIndex })
  })

  it('keeps fields that nobody knows, of the list and of its entries', () => {
    const odd = { ...a, 'x-of-entry': [1] }
    const { bytes } = changedList(list([odd, b], { 'x-of-list': { y: 1 }, annotations: { k: 'v' } }), [
      { entry: c },
      { entry: b, leaves: true },
    ])
    expect(JSON.parse(bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [odd, c],
      'x-of-list': { y: 1 },
      annotations: { k: 'v' },
    })
  })

  it.each([
    [[a], { entry: a }, true],
    [[b], { entry: a }, false],
    [[a], { entry: a, leaves: true }, false],
    [[b], { entry: a, leaves: true }, true],
    [undefined, { entry: a }, false],
    [undefined, { entry: a, leaves: true }, true],
  ])('is as it should be: case %#', (before, change, expected) =>
    expect(isDone(change, before && list(before))).toBe(expected),
  )
})
