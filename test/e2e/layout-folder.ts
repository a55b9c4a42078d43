import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithmOf, encodedOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import type { Sample } from '../helpers/images.ts'

/** Writes an OCI layout with one tag per sample by plain file calls, so that no code of ours vouches for itself. */
export function writeLayout(folder: string, samples: Readonly<Record<string, Sample>>): void {
  const manifests = Object.entries(samples).map(([tag, sample]) => {
    for (const { descriptor, bytes } of sample.contents.values()) {
      const blobs = join(folder, 'blobs', algorithmOf(descriptor.digest))
      mkdirSync(blobs, { recursive: true })
      writeFileSync(join(blobs, encodedOf(descriptor.digest)), bytes)
    }
    return { ...sample.root, annotations: { 'org.opencontainers.image.ref.name': tag } }
  })
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index))
}
