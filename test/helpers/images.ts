import { createCipheriv, createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { Open } from '../../src/model/content.ts'
import { type Descriptor, descriptorOf, type Platform } from '../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Store } from '../../src/store/store.ts'

export interface Content {
  descriptor: Descriptor
  bytes: Buffer
}

/** A root and all it reaches, children before parents. */
export interface Sample {
  root: Descriptor
  contents: Map<Digest, Content>
}

export interface ImageOptions {
  /** How many layers, or the bytes of random content in each. Default 2. */
  layers?: number | readonly number[]
  /** `os/architecture[/variant]`; default `linux/amd64`. */
  platform?: string
  docker?: boolean
  annotations?: Readonly<Record<string, string>>
  subject?: Descriptor
  /** Default: one entry a layer. */
  history?: readonly HistoryEntry[]
  /** The same seed gives the same image; without one, each call of a process gives another. */
  seed?: string
}

export interface HistoryEntry {
  created?: string
  created_by?: string
  comment?: string
  empty_layer?: boolean
}

export interface IndexOptions {
  platforms: readonly string[]
  docker?: boolean
  /** One buildx attestation manifest a platform. */
  attestations?: boolean
  /** The platforms stand in an index within the index. */
  nested?: boolean
  annotations?: Readonly<Record<string, string>>
  subject?: Descriptor
  seed?: string
}

export interface ArtifactOptions {
  artifactType: string
  subject?: Descriptor
  annotations?: Readonly<Record<string, string>>
  seed?: string
}

const created = '2024-01-02T03:04:05Z'
let calls = 0

/** Bytes that do not compress: a keystream under the seed. */
export function randomBlob(size: number, mediaType: string = mediaTypes.octets, seed: string = nextSeed()): Content {
  const key = createHash('sha256').update(seed).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return content(stream.update(Buffer.alloc(size)), mediaType)
}

export function makeImage(options: ImageOptions = {}): Sample {
  const { platform = 'linux/amd64', docker = false, annotations, subject, seed = nextSeed() } = options
  const layers = layerSizes(options.layers ?? 2).map((size, at) => makeLayer(size, docker, `${seed}/${at}`))
  const history =
    options.history ?? layers.map((_, at) => ({ created, created_by: `RUN /bin/sh -c make layer ${at} # buildkit` }))
  const config = json(docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, {
    created,
    ...parsePlatform(platform),
    config: { Env: ['PATH=/usr/bin:/bin'], Cmd: ['/bin/sh'], Labels: { 'org.opencontainers.image.title': seed } },
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.diffId) },
    history,
  })
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  const manifest = json(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: config.descriptor,
    layers: layers.map(layer => layer.descriptor),
    subject,
    annotations,
  })
  return sample([config, ...layers, manifest])
}

/** An image with layers of bytes as they are, quick to make in any size. */
export function rawImage(sizes: readonly number[], seed: string = nextSeed()): Sample {
  return imageOfBlobs(sizes.map((size, at) => randomBlob(size, mediaTypes.ociLayerGzip, `${seed}/${at}`)))
}

/** An image whose layers are these very bytes, whatever they are; their media type says gzip. */
export function imageOf(layers: readonly Buffer[]): Sample {
  return imageOfBlobs(layers.map(bytes => content(bytes, mediaTypes.ociLayerGzip)))
}

function imageOfBlobs(layers: readonly Content[]): Sample {
  const config = json(mediaTypes.ociConfig, {
    ...parsePlatform('linux/amd64'),
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.descriptor.digest) },
  })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(layer => layer.descriptor),
  })
  return sample([config, ...layers, manifest])
}

export function makeIndex(options: IndexOptions): Sample {
  const { platforms, docker = false, attestations, nested, annotations, subject, seed = nextSeed() } = options
  const images = platforms.map(platform => {
    const image = makeImage({ platform, docker, seed: `${seed}/${platform}` })
    return { ...image, root: { ...image.root, platform: parsePlatform(platform) } }
  })
  const proofs = attestations ? images.map(image => makeAttestation(image.root, seed)) : []
  const children = [...images, ...proofs]
  const inner = wrap(children, docker, nested ? {} : { subject, annotations })
  return nested ? wrap([inner], docker, { subject, annotations }) : inner
}

/** An artifact by the image-spec's guidelines: empty config, one layer. */
export function makeArtifact({ artifactType, subject, annotations, seed = nextSeed() }: ArtifactOptions): Sample {
  const config = emptyConfig()
  const layer = randomBlob(300, artifactType, seed)
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: { ...config.descriptor, data: config.bytes.toString('base64') },
    layers: [layer.descriptor],
    subject,
    annotations,
  })
  return sample([config, layer, manifest])
}

/** `{}` (item 21). */
export function emptyConfig(): Content {
  return content(Buffer.from('{}'), mediaTypes.empty)
}

/** All contents under the first one's root. */
export function merge(first: Sample, ...others: readonly Sample[]): Sample {
  return { root: first.root, contents: new Map([first, ...others].flatMap(each => [...each.contents])) }
}

/** Pushes everything, children first, and names the root. */
export async function seed(store: Store, { root, contents }: Sample, tag?: string): Promise<Descriptor> {
  for (const { descriptor, bytes } of contents.values()) {
    await store.push(descriptor, openBytes(bytes), descriptor.digest === root.digest ? { tag } : {})
  }
  return root
}

/** In chunks of 64 KiB, as a socket or a file would give them. */
export function openBytes(bytes: Uint8Array): Open {
  return async (offset = 0) => Readable.from(chunks(bytes.subarray(offset)), { objectMode: false })
}

/** JSON content of this type, as `JSON.stringify` writes it. */
export function json(mediaType: string, value: object): Content {
  return content(Buffer.from(JSON.stringify(value)), mediaType)
}

function content(bytes: Buffer, mediaType: string): Content {
  return { descriptor: descriptorOf(bytes, mediaType), bytes }
}

function* chunks(bytes: Uint8Array): Generator<Buffer> {
  const size = 64 * 1024
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}

function nextSeed(): string {
  calls += 1
  return `sample-${calls}`
}

/** The root is the last. */
function sample(contents: readonly Content[]): Sample {
  const root = contents.at(-1)?.descriptor
  if (!root) throw new Error('a sample needs content')
  return { root, contents: new Map(contents.map(each => [each.descriptor.digest, each])) }
}

function wrap(children: readonly Sample[], docker: boolean, extra: Pick<IndexOptions, 'annotations' | 'subject'>) {
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex
  const manifests = children.map(child => child.root)
  const index = json(mediaType, { schemaVersion: 2, mediaType, manifests, ...extra })
  const below = children.flatMap(child => [...child.contents.values()])
  return sample([...below, index])
}

function makeAttestation(image: Descriptor, seed: string): Sample {
  const platform: Platform = { os: 'unknown', architecture: 'unknown' }
  const statement = json('application/vnd.in-toto+json', { _type: 'https://in-toto.io/Statement/v0.1', seed })
  const config = json(mediaTypes.ociConfig, {
    ...platform,
    rootfs: { type: 'layers', diff_ids: [statement.descriptor.digest] },
  })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [statement.descriptor],
  })
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': image.digest,
  }
  const proof = sample([config, statement, manifest])
  return { ...proof, root: { ...proof.root, platform, annotations } }
}

function layerSizes(layers: number | readonly number[]): readonly number[] {
  return typeof layers === 'number' ? Array.from({ length: layers }, (_, at) => 1000 + at) : layers
}

function makeLayer(size: number, docker: boolean, seed: string): Content & { diffId: Digest } {
  const tar = makeTar(`data/${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`, size, seed)
  const layer = content(gzipSync(tar, { level: 1 }), docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip)
  return { ...layer, diffId: digestOf(tar) }
}

/** One regular file (POSIX ustar). */
function makeTar(name: string, size: number, seed: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('14544675645\0', 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (size % 512)) % 512)
  return Buffer.concat([header, randomBlob(size, undefined, seed).bytes, padding, Buffer.alloc(1024)])
}

function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/')
  return variant ? { os, architecture, variant } : { os, architecture }
}
