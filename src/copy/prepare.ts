import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
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
  /** What it was before it was brought into another format. */
  convertedFrom?: Digest
}

/**
 * Narrows what was found, and brings it into the format, as asked; a change of format is told (CONVERTED). Reads nothing when nothing is asked.
 * @throws NotFoundError for a platform that is not there; RegctlError UNSUPPORTED for what a format cannot say
 */
export async function prepare(source: Source, found: Descriptor, options: CopyOptions): Promise<Prepared> {
  const { root, bytes } = await selectPlatforms(source, found, options.platforms ?? [], options)
  const read = once(async () =>
    bytes ? parseManifest(bytes, root.mediaType) : readManifest(source, root, { signal: options.signal }),
  )
  const narrowed: Prepared = { source, root: { descriptor: root, read }, isNew: bytes !== undefined }
  if (options.format === undefined) return narrowed
  const { convert } = await import('./convert.ts')
  const converted = await convert(source, narrowed.root, { ...options, format: options.format })
  const { digest } = converted.root
  if (digest === root.digest) return narrowed
  options.notify?.({
    code: 'CONVERTED',
    message: `${source.location}: ${found.digest} becomes ${digest}; signatures of the one do not fit the other`,
  })
  return {
    source: converted.source,
    root: { descriptor: converted.root, read: once(() => readManifest(converted.source, converted.root, options)) },
    isNew: true,
    convertedFrom: found.digest,
  }
}

/** Reads when first asked, and again only after a failure. */
function once(read: () => Promise<Manifest>): () => Promise<Manifest> {
  let manifest: Promise<Manifest> | undefined
  return () => {
    manifest ??= read().catch(error => {
      manifest = undefined
      throw error
    })
    return manifest
  }
}
