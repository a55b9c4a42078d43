import { type Descriptor, descriptorOf } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { type Content, emptyConfig, json, makeImage, randomBlob, type Sample } from '../helpers/images.ts'

/** An image whose manifest names the same layer three times. */
export function duplicateLayers(): Sample {
  const layer = randomBlob(2000, mediaTypes.ociLayerGzip, 'twice')
  const other = randomBlob(500, mediaTypes.ociLayerGzip, 'once')
  return manifestOf(imageConfig(), [layer, other, layer, layer])
}

/** A layer without a byte (item 21). */
export function zeroByteBlob(): Sample {
  const nothing = { descriptor: descriptorOf(Buffer.alloc(0), mediaTypes.octets), bytes: Buffer.alloc(0) }
  return manifestOf(emptyConfig(), [nothing], 'application/vnd.example.nothing')
}

/** A layer that stays where its `urls` say (item 45): its bytes are in no registry. */
export function foreignLayer(): Sample {
  const bytes = randomBlob(700, mediaTypes.octets, 'foreign').bytes
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
  const foreign: Descriptor = { ...descriptorOf(bytes, mediaType), urls: ['https://downloads.example/layer.tar.gz'] }
  const sample = manifestOf(imageConfig(), [
    { descriptor: foreign, bytes },
    randomBlob(900, mediaTypes.ociLayerGzip, 'local'),
  ])
  sample.contents.delete(foreign.digest)
  return sample
}

/** Everything addressed by sha512, the manifest too. */
export function sha512(): Sample {
  const image = makeImage({ seed: 'sha512' })
  const leaves = [...image.contents.values()].filter(each => each.descriptor.digest !== image.root.digest)
  const [config, ...layers] = leaves.map(with512)
  if (!config) throw new Error('an image has a config')
  const { root, contents } = manifestOf(config, layers)
  const manifest = contents.get(root.digest)
  if (!manifest) throw new Error('a sample has its root')
  const named = with512(manifest)
  return sampleOf([config, ...layers, named])
}

function with512({ descriptor, bytes }: Content): Content {
  return { descriptor: { ...descriptor, digest: digestOf(bytes, 'sha512') }, bytes }
}

function imageConfig(): Content {
  return json(mediaTypes.ociConfig, { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } })
}

function manifestOf(config: Content, layers: readonly Content[], artifactType?: string): Sample {
  const mediaType = mediaTypes.ociManifest
  const descriptors = { config: config.descriptor, layers: layers.map(layer => layer.descriptor) }
  return sampleOf([config, ...layers, json(mediaType, { schemaVersion: 2, mediaType, artifactType, ...descriptors })])
}

/** The root is the last. */
function sampleOf(contents: readonly Content[]): Sample {
  const root = contents.at(-1)?.descriptor
  if (!root) throw new Error('a sample needs content')
  return { root, contents: new Map(contents.map(each => [each.descriptor.digest, each])) }
}
