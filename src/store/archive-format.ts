import type { Manifest } from '../model/manifest.ts'
import { type ArchiveContents, layoutContents } from './archive-contents.ts'
import type { ArchiveFile } from './archive-file.ts'
import { markerName, markerText } from './layout-folder.ts'
import { type LayoutIndex, serializeLayoutIndex } from './layout-index.ts'
import type { EntryNames } from './layout-source.ts'
import type { Options, Source } from './store.ts'

/** What makes one kind of archive different from another. */
export interface ArchiveFormat {
  scheme: string
  /** Default: tags, as in a layout. */
  names?: EntryNames
  /** @throws InvalidContentError for what is no archive of this kind */
  contents(file: ArchiveFile, options?: Options): Promise<ArchiveContents>
  /** @throws RegctlError UNSUPPORTED for what this kind of archive cannot hold */
  admit?(manifest: Manifest): void
  /** The files beside the blobs, by name; `source` has the manifests. */
  frame(index: LayoutIndex, source: Source, options?: Options): Promise<ReadonlyMap<string, Uint8Array>>
}

/** `oci-archive:`: an image layout in a tar archive. */
export const ociFormat: ArchiveFormat = {
  scheme: 'oci-archive',
  contents: layoutContents,
  frame: async index => layoutFrame(index),
}

export function layoutFrame(index: LayoutIndex): ReadonlyMap<string, Uint8Array> {
  const text = new TextEncoder()
  return new Map([
    ['index.json', text.encode(serializeLayoutIndex(index))],
    [markerName, text.encode(markerText)],
  ])
}
