import { describe, expect, it } from 'vitest'
import type { IndexEntry } from '../../src/compose/entries.ts'
import { type IndexWords, rewriteIndex, writeIndex } from '../../src/compose/write.ts'
import { digestOf } from '../../src/model/digest.ts'
import { parseManifest } from '../../src/model/manifest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { json, randomBlob } from '../helpers/images.ts'

function entry(mediaType: string, more: object = {}): IndexEntry {
  const { descriptor } = randomBlob(10, mediaType, mediaType)
  return { descriptor, raw: { ...descriptor, ...more } }
}
const oci = entry(mediaTypes.ociManifest)
const docker = entry(mediaTypes.dockerManifest)
const dockerList = entry(mediaTypes.dockerList)
const subject = {
  ...randomBlob(20, mediaTypes.ociManifest, 'subject').descriptor,
  annotations: { secret: 'no' },
}

const writtenAs = (entries: IndexEntry[], words: IndexWords) => {
  const { bytes, descriptor } = writeIndex(entries, words)
  expect(descriptor).toMatchObject({
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const value: Record<string, unknown> = JSON.parse(Buffer.from(bytes).toString())
  expect(value.mediaType).toBe(descriptor.mediaType)
  return value
}

describe('the type of a new index', () => {
  it.each<[string, IndexEntry[], IndexWords, string]>([
    ['nothing in it', [], {}, mediaTypes.ociIndex],
    ["all Docker's", [docker, dockerList], {}, mediaTypes.dockerList],
    ['one of the OCI', [docker, oci], {}, mediaTypes.ociIndex],
    ["all Docker's, and OCI asked for", [docker], { format: 'oci' }, mediaTypes.ociIndex],
    ["all Docker's, and no annotation", [docker], { annotations: {} }, mediaTypes.dockerList],
    ["all Docker's, with an annotation", [docker], { annotations: { a: 'b' } }, mediaTypes.ociIndex],
    ["all Docker's, with a type", [docker], { artifactType: 'a/b' }, mediaTypes.ociIndex],
    ["all Docker's, with a subject", [docker], { subject }, mediaTypes.ociIndex],
    ['nothing in it, for Docker', [], { format: 'docker' }, mediaTypes.dockerList],
  ])('%s', (_, entries, words, expected) => expect(writtenAs(entries, words).mediaType).toBe(expected))

  it.each<[string, IndexEntry[], IndexWords, string]>([
    ['an OCI manifest', [docker, oci], { format: 'docker' }, `${oci.descriptor.digest} is an OCI manifest`],
    ['an annotation', [docker], { format: 'docker', annotations: { a: 'b' } }, 'has no annotations'],
    ['a type', [docker], { format: 'docker', artifactType: 'a/b' }, 'has no annotations'],
    ['a subject', [docker], { format: 'docker', subject }, 'has no annotations'],
  ])("Docker's has no room for %s", (_, entries, words, sentence) => {
    const refusal = expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining(sentence),
    })
    expect(() => writeIndex(entries, words)).toThrow(refusal)
  })
})

it('stands in the order of the specification, and what is not said is left out', () => {
  const words = { subject, annotations: { a: 'b' }, artifactType: 'a/b' }
  const full = writtenAs([oci], words)
  expect(Object.keys(full)).toEqual([
    'schemaVersion',
    'mediaType',
    'artifactType',
    'manifests',
    'subject',
    'annotations',
  ])
  expect(Object.keys(full.subject as object)).toEqual(['mediaType', 'digest', 'size'])
  expect(Object.keys(writtenAs([oci], {}))).toEqual(['schemaVersion', 'mediaType', 'manifests'])
  expect(writeIndex([oci, docker], words)).toEqual(writeIndex([oci, docker], { ...words }))
})

it('keeps unknown fields of entries, and when it is written again those of the index too', () => {
  const odd = entry(mediaTypes.ociManifest, { 'x-new': 1 })
  const { bytes } = json(mediaTypes.ociIndex, {
    'x-first': [1],
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [oci.raw],
    annotations: { a: 'b' },
  })
  const index = parseManifest(bytes, mediaTypes.ociIndex)
  if (index.kind !== 'index') throw new Error('no index')
  const again = rewriteIndex(index, [odd, oci])
  const value = JSON.parse(Buffer.from(again.bytes).toString())
  expect(value).toEqual({
    ...JSON.parse(bytes.toString()),
    manifests: [odd.raw, oci.raw],
  })
  expect(Object.keys(value)).toEqual(['x-first', 'schemaVersion', 'mediaType', 'manifests', 'annotations'])
  expect(again.descriptor.mediaType).toBe(mediaTypes.ociIndex)
})

it('a list of Docker stays one', () => {
  const { bytes } = json(mediaTypes.dockerList, {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerList,
    manifests: [],
  })
  const list = parseManifest(bytes, mediaTypes.dockerList)
  if (list.kind !== 'index') throw new Error('no index')
  expect(rewriteIndex(list, [docker]).descriptor.mediaType).toBe(mediaTypes.dockerList)
  expect(() => rewriteIndex(list, [oci])).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

it('T12: is not larger than registries take', () => {
  const annotations = { a: 'x'.repeat(4 * 1024 * 1024) }
  expect(() => writeIndex([oci], { annotations })).toThrow(/would have \d+ bytes, and registries take 4194304/)
  const room = 4 * 1024 * 1024 - writeIndex([oci], { annotations: { a: '' } }).bytes.length
  expect(writeIndex([oci], { annotations: { a: 'x'.repeat(room) } }).bytes.length).toBe(4 * 1024 * 1024)
  expect(() => writeIndex([oci], { annotations: { a: 'x'.repeat(room + 1) } })).toThrow('registries take')
})
