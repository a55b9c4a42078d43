import { copy } from '../../src/copy/copy.ts'
import { createLimit } from '../../src/copy/limit.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { testClient } from '../helpers/client.ts'
import { json, randomBlob, type Sample } from '../helpers/images.ts'

/** Repositories that the images are spread over. */
const repositories = 10
/** Layers that the images choose three of each. */
const shared = 20

/** The image with this number: a config and a layer of its own, and three layers that others have too. */
export function fleetImage(number: number): Sample {
  const common = [0, 1, 2].map(at => layer(`shared ${(number * 7 + at * 3) % shared}`))
  const layers = [...common, layer(`own ${number}`)]
  const config = json(mediaTypes.ociConfig, { os: 'linux', architecture: 'amd64', author: `${number}` })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  })
  return {
    root: manifest.descriptor,
    contents: new Map([config, ...layers, manifest].map(content => [content.descriptor.digest, content])),
  }
}

/** `fleet/app-3:v13` */
export function fleetName(number: number): string {
  return `fleet/app-${number % repositories}:v${number}`
}

export interface Fleet {
  home: string
  /** `127.0.0.1:PORT` */
  source: string
  destination: string
  count: number
}

/** Copies all of them with one client, eight at a time. */
export async function copyFleet({ home, source, destination, count }: Fleet): Promise<void> {
  const client = await testClient({ home })
  const limit = createLimit(8)
  const numbers = Array.from({ length: count }, (_, number) => number)
  try {
    await Promise.all(
      numbers.map(number =>
        limit(async () => {
          const from = await client.open(`${source}/${fleetName(number)}`)
          const to = await client.open(`${destination}/${fleetName(number)}`, { write: true })
          await copy(from, to)
        }),
      ),
    )
  } finally {
    client.close()
  }
}

function layer(seed: string) {
  return randomBlob(3000, mediaTypes.ociLayerGzip, seed)
}
