import type { Readable } from 'node:stream'
import { type Digest, isDigest } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import type { ArchiveFile } from './archive-file.ts'
import { checkVersion, indexCap, markerCap, markerName } from './layout-folder.ts'
import { type LayoutIndex, parseLayoutIndex } from './layout-index.ts'
import type { FetchOptions, Options } from './store.ts'

/** What an archive holds, as the layout that it is or stands for. */
export interface ArchiveContents {
  index: LayoutIndex
  digests(): Iterable<Digest>
  /** Bytes; `undefined` when it is not here. @throws InvalidContentError for what is no plain file */
  size(digest: Digest): number | undefined
  read(digest: Digest, options?: FetchOptions): Readable | undefined
}

/** Reads the image layout in an archive; its blobs are files, and never links (item 98). @throws InvalidContentError when there is none */
export async function layoutContents(file: ArchiveFile, options: Options = {}): Promise<ArchiveContents> {
  const marker = await file.text(markerName, markerCap, options)
  if (!marker) {
    const isDocker = [...file.names()].includes('manifest.json')
    throw new InvalidContentError(`${file.where} holds no image layout: it has no oci-layout`, {
      hint: isDocker ? `it looks like what docker save writes: use docker-archive:${file.where}` : 'it holds no image',
    })
  }
  checkVersion(marker, file.where)
  const bytes = await file.text('index.json', indexCap, options)
  if (!bytes) throw new InvalidContentError(`${file.where} is not an image layout: it has no index.json`)
  return { index: parseLayoutIndex(bytes, `index.json in ${file.where}`), ...blobsIn(file) }
}

/** The members `blobs/ALGORITHM/ENCODED` by their digests. */
export function blobsIn(file: ArchiveFile): Omit<ArchiveContents, 'index'> {
  return {
    *digests() {
      for (const name of file.names()) {
        const digest = /^blobs\/[^/:]+\/[^/:]+$/.test(name) ? name.slice('blobs/'.length).replace('/', ':') : undefined
        if (isDigest(digest)) yield digest
      }
    },
    size: digest => file.find(blobName(digest))?.size,
    read: (digest, options) => {
      const member = file.find(blobName(digest))
      return member && file.read(member, options)
    },
  }
}

/** A name in an archive, looked up and never a path. */
export function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`
}
