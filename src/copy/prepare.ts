import type { Descriptor } from '../model/descriptor.ts'
import { type Manifest, parseManifest } from '../model/manifest.ts'
import { readManifest } from '../store/read.ts'
import type { Source } from '../store/store.ts'
import type { CopyOptions } from './options.ts'
import { selectPlatforms } from './select.ts'
import type { Root } from './walk.ts'

/** What is to be copied: where it is read, and the root as it will be. */
export interface Prepared {
  source: Source
  root: Root
  /** The root was written anew: nothing at the source refers to it. */
  isNew: boolean
}

/** Narrows what was found as asked. Reads nothing when nothing is asked. @throws NotFoundError for a platform that is not there */
export async function prepare(source: Source, found: Descriptor, options: CopyOptions): Promise<Prepared> {
  const { root, bytes } = await selectPlatforms(source, found, options.platforms ?? [], options)
  let manifest: Promise<Manifest> | undefined
  const read = () => {
    manifest ??= bytes
      ? Promise.resolve(parseManifest(bytes, root.mediaType))
      : readManifest(source, root, options).catch(error => {
          manifest = undefined
          throw error
        })
    return manifest
  }
  return { source, root: { descriptor: root, read }, isNew: bytes !== undefined }
}
