import { describe, expect, it } from 'vitest'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { InvalidContentError, RegctlError } from '../../src/model/errors.ts'
import {
  emptyBytes,
  emptyDescriptor,
  type ImageManifest,
  type IndexManifest,
  maxManifestSize,
  narrowIndex,
  parseManifest,
} from '../../src/model/manifest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { emptyConfig, makeArtifact, makeImage, makeIndex, type Sample } from '../helpers/images.ts'

const { ociManifest, ociIndex, ociArtifact, dockerManifest, dockerList } = mediaTypes
const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const blob: Descriptor = { mediaType: 'text/x', digest: digestOf(bytesOf('a')), size: 1 }
const image = { schemaVersion: 2, config: blob, layers: [blob] }
const index = { schemaVersion: 2, manifests: [{ ...blob, mediaType: ociManifest }] }
const artifact = { mediaType: ociArtifact, artifactType: 'a/b', blobs: [blob] }

describe('parseManifest', () => {
  it.each<[string, Sample]>([
    ['an OCI image', makeImage({ annotations: { a: 'b' } })],
    ['a Docker image', makeImage({ docker: true })],
    ['an artifact with a subject', makeArtifact({ artifactType: 'a/b', subject: blob })],
  ])('reads %s', (_, { root, contents }) => {
    const bytes = contents.get(root.digest)?.bytes ?? Buffer.alloc(0)
    const json = JSON.parse(bytes.toString())
    const manifest = parseManifest(bytes, root.mediaType)
    expect(manifest).toMatchObject({
      kind: 'image',
      mediaType: root.mediaType,
      config: json.config,
      layers: json.layers,
    })
    expect(manifest.bytes).toBe(bytes)
    expect({ ...manifest.annotations }).toEqual(json.annotations ?? {})
    expect([manifest.artifactType, manifest.subject]).toEqual([json.artifactType, json.subject])
  })

  it.each<[string, Sample]>([
    ['an OCI index', makeIndex({ platforms: ['linux/amd64', 'linux/arm/v7'], attestations: true })],
    ['a Docker list', makeIndex({ platforms: ['linux/amd64'], docker: true })],
    ['an index of an index', makeIndex({ platforms: ['linux/amd64'], nested: true, subject: blob })],
  ])('reads %s', (_, { root, contents }) => {
    const bytes = contents.get(root.digest)?.bytes ?? Buffer.alloc(0)
    const json = JSON.parse(bytes.toString())
    const manifest = parseManifest(bytes, root.mediaType)
    expect(manifest).toMatchObject({ kind: 'index', mediaType: root.mediaType, manifests: json.manifests })
    expect(manifest.subject).toEqual(json.subject)
  })

  it.each<[string, unknown, string, string, string]>([
    ['nothing said: an image', image, '', 'image', ociManifest],
    ['nothing said: an index', index, '', 'index', ociIndex],
    ['nothing said: layers alone are enough to tell', { ...image, config: blob }, 'text/plain', 'image', ociManifest],
    ['generic, the body says', { ...image, mediaType: dockerManifest }, 'application/json', 'image', dockerManifest],
    ['generic, with parameters', index, 'text/plain; charset=utf-8', 'index', ociIndex],
    ['generic bytes', { ...index, mediaType: dockerList }, 'application/octet-stream', 'index', dockerList],
    ['parameters and case', image, 'Application/vnd.oci.image.Manifest.v1+json; charset=utf-8', 'image', ociManifest],
    ['the label says, the body does not', image, dockerManifest, 'image', dockerManifest],
    ['both say', { ...index, mediaType: ociIndex }, ociIndex, 'index', ociIndex],
    ['null is absent', { ...image, mediaType: null, subject: null, manifests: null }, '', 'image', ociManifest],
    ['null annotations', { ...image, annotations: null, artifactType: null }, '', 'image', ociManifest],
    ['no layers', { ...image, layers: [] }, ociManifest, 'image', ociManifest],
    ['no entries', { ...index, manifests: [] }, ociIndex, 'index', ociIndex],
    ['unknown keys', { ...image, urls: 1, history: [] }, ociManifest, 'image', ociManifest],
    ['an artifact manifest', artifact, ociArtifact, 'image', ociArtifact],
    ['an artifact manifest, nothing said', artifact, '', 'image', ociArtifact],
  ])('%s', (_, json, given, kind, mediaType) => {
    expect(parseManifest(bytesOf(json), given)).toMatchObject({ kind, mediaType })
  })

  it('reads the blobs of an artifact manifest as layers, with no config', () => {
    const manifest = parseManifest(bytesOf({ ...artifact, subject: blob }), ociArtifact) as ImageManifest
    expect(manifest).toMatchObject({ layers: [blob], artifactType: 'a/b', subject: blob })
    expect('config' in manifest).toBe(false)
    expect(parseManifest(bytesOf({ ...artifact, blobs: null }), ociArtifact)).toMatchObject({ layers: [] })
  })

  it.each<[string, unknown, string, RegExp]>([
    ['an index with layers', { ...index, layers: [] }, ociIndex, /ambiguous.*index with "layers"/],
    ['an index with a config', { ...index, config: blob }, '', /ambiguous.*index with "config"/],
    ['an index with fsLayers', { ...index, fsLayers: [] }, '', /ambiguous/],
    ['an index with blobs', { ...index, blobs: [] }, '', /ambiguous/],
    ['an image with manifests', { ...image, manifests: [] }, ociManifest, /ambiguous/],
    ['an image with blobs', { ...image, blobs: [] }, ociManifest, /ambiguous/],
    ['an artifact with layers', { ...artifact, layers: [] }, ociArtifact, /ambiguous/],
    ['an index served as an image', index, ociManifest, /ambiguous.*image with "manifests"/],
    ['an image served as an index', image, ociIndex, /ambiguous.*index with "config"/],
    [
      'another type inside',
      { ...image, mediaType: ociManifest },
      dockerManifest,
      /calls itself .*oci.* given as .*docker/,
    ],
    ['an index type inside', { ...image, mediaType: ociIndex }, ociManifest, /calls itself/],
    [
      'Layers',
      '{"schemaVersion":2,"config":{},"layers":[],"Layers":[]}',
      ociManifest,
      /ambiguous: it has "Layers" for "layers"/,
    ],
    ['Layers alone', { ...image, layers: undefined, Layers: [] }, ociManifest, /"Layers" for "layers"/],
    ['MediaType', { ...image, MediaType: ociIndex }, '', /"MediaType" for "mediaType"/],
    ['Manifests', { ...image, MANIFESTS: [] }, '', /"MANIFESTS" for "manifests"/],
    ['the long s', { ...image, layerſ: [] }, '', /"layerſ" for "layers"/],
    ['a null in another case', { ...image, Config: null }, '', /"Config" for "config"/],
    ['a descriptor with Digest', { ...image, layers: [{ ...blob, Digest: blob.digest }] }, '', /layers\[0\].*"Digest"/],
    ['a config with SIZE', { ...image, config: { ...blob, SIZE: 2 } }, '', /config is ambiguous/],
    [
      'a platform with OS',
      { ...index, manifests: [{ ...blob, platform: { os: 'a', architecture: 'b', OS: 'c' } }] },
      '',
      /platform is ambiguous/,
    ],
    ['layers twice', '{"schemaVersion":2,"config":{},"layers":[],"layers":[]}', '', /"layers" twice/],
    ['digest twice', '{"schemaVersion":2,"layers":[],"config":{"digest":"a","digest":"b"}}', '', /"digest" twice/],
    ['a malformed digest', { ...image, config: { ...blob, digest: 'sha256:../../x' } }, '', /not a digest/],
    [
      'an upper-case digest',
      { ...image, layers: [{ ...blob, digest: blob.digest.toUpperCase() }] },
      '',
      /not a digest/,
    ],
    ['a short digest', { ...image, subject: { ...blob, digest: 'sha256:abcd' } }, '', /not a digest/],
  ])('T11: refuses %s', (_, json, given, message) => {
    expect(() => parseManifest(bytesOf(json), given)).toThrow(InvalidContentError)
    expect(() => parseManifest(bytesOf(json), given)).toThrow(message)
  })

  it.each<[string, unknown, string, RegExp]>([
    ['no JSON', '<html>', ociManifest, /not JSON/],
    ['a list', [], ociManifest, /not an object/],
    ['null', null, '', /not an object/],
    ['nothing that tells', { schemaVersion: 2 }, '', /not a manifest/],
    ['an error body', { errors: [] }, 'application/json', /not a manifest/],
    ['another type', image, 'text/html', /"text\/html" is not a type of manifests/],
    ['the type of a blob', image, mediaTypes.ociConfig, /not a type of manifests/],
    ['another type inside', { ...image, mediaType: 'application/vnd.cncf.x' }, '', /not a type of manifests/],
    ['a type that is no text', { ...image, mediaType: 1 }, '', /mediaType.*not a string/],
    ['schemaVersion 3', { ...image, schemaVersion: 3 }, '', /schemaVersion.*not 2/],
    ['schemaVersion "2"', { ...image, schemaVersion: '2' }, '', /schemaVersion/],
    ['no schemaVersion', { ...index, schemaVersion: undefined }, '', /schemaVersion/],
    ['no config', { ...image, config: null }, '', /image without "config"/],
    ['no layers', { ...image, layers: null }, '', /image without "layers"/],
    ['no manifests', { schemaVersion: 2 }, ociIndex, /index without "manifests"/],
    ['layers that are no list', { ...image, layers: {} }, '', /"layers".*not a list/],
    ['a layer that is none', { ...image, layers: [blob, 1] }, '', /layers\[1\] is not an object/],
    ['a subject that is none', { ...image, subject: 'x' }, '', /subject is not an object/],
    ['annotations of numbers', { ...image, annotations: { a: 1 } }, '', /annotations\["a"\] is not a string/],
    ['an artifactType that is none', { ...image, artifactType: 1 }, '', /artifactType.*not a string/],
  ])('refuses %s', (_, json, given, message) => {
    expect(() => parseManifest(bytesOf(json), given)).toThrow(InvalidContentError)
    expect(() => parseManifest(bytesOf(json), given)).toThrow(message)
  })

  it.each<[string, unknown, string]>([
    ['by its label', '{}', mediaTypes.dockerSchema1],
    ['by its signed label', 'no JSON at all', `${mediaTypes.dockerSchema1Signed}; charset=utf-8`],
    ['by its version', { schemaVersion: 1, fsLayers: [], history: [] }, 'application/json'],
    ['by its own type', { schemaVersion: 2, mediaType: mediaTypes.dockerSchema1, fsLayers: [] }, ''],
    ['behind another label', { schemaVersion: 1, fsLayers: [] }, ociManifest],
  ])('tells schema 1 %s', (_, json, given) => {
    expect(() => parseManifest(bytesOf(json), given)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', hint: expect.stringMatching(/push the image again/) }),
    )
    expect(() => parseManifest(bytesOf(json), given)).toThrow(RegctlError)
  })

  it('T12: refuses more than 4 MiB before reading them', () => {
    const padded = (size: number) => Buffer.from(JSON.stringify(image).padEnd(size))
    expect(parseManifest(padded(maxManifestSize), ociManifest).kind).toBe('image')
    expect(() => parseManifest(padded(maxManifestSize + 1), ociManifest)).toThrow(/more than 4194304 bytes/)
  })

  it.each(['-1', '1.5', '"1"', '9007199254740993', '4611686018427387904', '1e300', 'null'])(
    'T12: refuses a size of %s',
    size => {
      const text = JSON.stringify(image).replace('"size":1', `"size":${size}`)
      expect(() => parseManifest(bytesOf(text), '')).toThrow(/config has an impossible size/)
    },
  )

  it('T13: refuses more than 10 000 entries', () => {
    const many = (count: number) => bytesOf({ ...index, manifests: Array.from({ length: count }, () => blob) })
    expect((parseManifest(many(10_000), ociIndex) as IndexManifest).manifests).toHaveLength(10_000)
    expect(() => parseManifest(many(10_001), ociIndex)).toThrow(/10001 entries/)
  })

  it('T26: an annotation __proto__ is only an annotation', () => {
    const annotations = '"annotations":{"__proto__":"a","constructor":"b"}'
    const text = `{"schemaVersion":2,"__proto__":{"layers":[]},${annotations},"manifests":[]}`
    const manifest = parseManifest(bytesOf(text), '')
    expect(Object.entries(manifest.annotations)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect(Object.getPrototypeOf(manifest.annotations)).toBeNull()
    expect(manifest.kind).toBe('index')
  })
})

describe('narrowIndex', () => {
  const entries = [1, 2, 3].map(size => ({ ...blob, mediaType: ociManifest, size, 'x-vendor': { keep: size } }))
  const text = JSON.stringify({
    schemaVersion: 2,
    'x-top': [1, { a: null }],
    manifests: entries,
    mediaType: ociIndex,
    subject: blob,
    annotations: { b: '1', a: '2' },
  })
  const parsed = parseManifest(bytesOf(text), ociIndex) as IndexManifest

  it('keeps entries and all else as they were, unknown fields and order included', () => {
    const narrow = narrowIndex(parsed, (entry, position) => entry.size === 1 || position === 2)
    const expected = text.replace(`${JSON.stringify(entries[1])},`, '')
    expect(Buffer.from(narrow.bytes).toString()).toBe(expected)
    expect(narrow.descriptor).toEqual({
      mediaType: ociIndex,
      digest: digestOf(narrow.bytes),
      size: narrow.bytes.length,
    })
    expect(parseManifest(narrow.bytes, ociIndex)).toMatchObject({ subject: blob, annotations: { a: '2', b: '1' } })
  })

  it('is the same index, byte by byte, when all are kept', () => {
    const spaced = parseManifest(bytesOf(JSON.stringify(JSON.parse(text), null, 3)), ociIndex) as IndexManifest
    expect(narrowIndex(spaced, () => true).bytes).toBe(spaced.bytes)
  })

  it('may keep none', () => {
    const none = narrowIndex(parsed, () => false)
    expect(parseManifest(none.bytes, ociIndex)).toMatchObject({ manifests: [] })
  })

  it.each(['[]', '{}', '{"manifests":{}}'])('refuses bytes that are no index: %s', text => {
    expect(() => narrowIndex({ ...parsed, bytes: bytesOf(text) }, () => false)).toThrow('the index has no manifests')
  })

  it('names the type that the label said where the body has none', () => {
    const bare = parseManifest(bytesOf(index), dockerList) as IndexManifest
    expect(narrowIndex(bare, () => false).descriptor.mediaType).toBe(dockerList)
  })
})

it('knows the empty descriptor of image-spec manifest.md (item 21)', () => {
  expect(emptyDescriptor).toEqual({ ...emptyConfig().descriptor, data: 'e30=' })
  expect(emptyDescriptor.digest).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  expect(Buffer.from(emptyBytes).toString()).toBe('{}')
})
