import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { checkWithin, writeWithin } from '../files/within.ts'
import { counting, lend, through } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, encodedOf } from '../model/digest.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { emptyDescriptor, type ImageManifest } from '../model/manifest.ts'
import type { Notify } from '../model/notice.ts'
import { readManifest, verifying } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { titleKey, unpackKey } from './annotations.ts'
import { filesAtOnce, type OnTransferEvent } from './events.ts'
import { safeName } from './names.ts'

/** Which files are meant; all when nothing is said. */
export interface FileSelection {
  /** Titles, as the artifact has them. */
  titles?: readonly string[] | undefined
  mediaTypes?: readonly string[] | undefined
}

/** A file as the manifest of an artifact lists it. */
export interface ArtifactFile {
  /** As the artifact says; null where it says nothing. */
  title: string | null
  digest: Digest
  mediaType: string
  /** Bytes. */
  size: number
}

/** A file that was verified and written. */
export interface PulledFile extends ArtifactFile {
  /** Where it is now. */
  path: string
}

/** Where the files go, which of them, and what happens to those that are there. */
export interface PullOptions extends Options, FileSelection {
  /** Made when it is not there. */
  folder: string
  overwrite?: boolean | undefined
  onEvent?: OnTransferEvent | undefined
  notify?: Notify | undefined
}

/**
 * Brings the files of an artifact into a folder, each verified before it gets its name, and never outside the folder, whatever the
 * artifact says (T9). All names are looked at before anything is fetched.
 * @throws RegctlError EXISTS for names that are taken, or meant twice; NotFoundError when nothing is left of the selection
 */
export async function pullArtifact(source: Source, root: Descriptor, options: PullOptions): Promise<PulledFile[]> {
  const { folder, overwrite, signal, onEvent = () => {}, notify = () => {} } = options
  const files = plan(await artifactLayers(source, root, options), notify)
  for (const { segments } of files) await checkWithin(folder, segments, { overwrite })
  for (const { layer } of files) onEvent({ type: 'found', content: layer })
  const pull = async ({ layer, segments }: Planned): Promise<PulledFile> => {
    const fill = (file: FileHandle) => fetchInto(source, layer, { file, signal, onEvent })
    await writeWithin(folder, segments, { overwrite, fill })
    onEvent({ type: 'done', content: layer, outcome: 'pushed' })
    return { ...fileOf(layer), path: join(folder, ...segments) }
  }
  return mapInTurns(files, pull, filesAtOnce)
}

/**
 * The layers that are files and are meant.
 * @throws RegctlError USAGE for an index, NotFoundError when the selection leaves nothing
 */
export async function artifactLayers(
  source: Source,
  root: Descriptor,
  { titles, mediaTypes, signal }: Options & FileSelection,
): Promise<Descriptor[]> {
  const manifest = await readManifest(source, root, { signal })
  if (manifest.kind === 'index') {
    throw new RegctlError('USAGE', `${root.digest} is an index, and each of its entries is an artifact`, {
      hint: 'choose one with --platform, or name it by its digest',
    })
  }
  const all = filesOf(manifest)
  const chosen = all.filter(
    layer =>
      (!titles?.length || titles.includes(layer.annotations?.[titleKey] ?? '')) &&
      (!mediaTypes?.length || mediaTypes.includes(layer.mediaType)),
  )
  if (chosen.length > 0 || (!titles?.length && !mediaTypes?.length)) return chosen
  const there = all.map(layer => layer.annotations?.[titleKey] ?? layer.mediaType)
  throw new NotFoundError(`${root.digest} has no such file`, {
    hint: there.length > 0 ? `it has ${there.slice(0, 10).join(', ')}` : 'it has no files',
  })
}

export function fileOf({ digest, mediaType, size, annotations }: Descriptor): ArtifactFile {
  return { title: annotations?.[titleKey] ?? null, digest, mediaType, size }
}

/** The layers that are files: the empty one stands for none (item 21). */
export function filesOf({ layers }: ImageManifest): Descriptor[] {
  return layers.filter(layer => layer.digest !== emptyDescriptor.digest || layer.annotations?.[titleKey] !== undefined)
}

interface Planned {
  layer: Descriptor
  segments: readonly string[]
}

function plan(layers: readonly Descriptor[], notify: Notify): Planned[] {
  const planned = new Map<string, Planned>()
  for (const layer of layers) {
    const segments = placeOf(layer, notify)
    // File systems that fold case would take these for one.
    const key = segments.join('/').normalize('NFC').toLowerCase()
    const other = planned.get(key)
    if (other && other.layer.digest !== layer.digest) {
      throw new RegctlError('EXISTS', `the artifact has two files that would be ${segments.join('/')}`, {
        hint: `choose one with --file or --media-type: ${other.layer.digest} or ${layer.digest}`,
      })
    }
    planned.set(key, { layer, segments })
  }
  return [...planned.values()]
}

function placeOf(layer: Descriptor, notify: Notify): readonly string[] {
  const title = layer.annotations?.[titleKey]
  const safe = title === undefined ? undefined : safeName(title)
  const segments = safe?.segments ?? [`${layer.digest.split(':', 1)[0]}-${encodedOf(layer.digest)}`]
  if (title !== undefined && (!safe || safe.isChanged)) {
    notify({ code: 'FILE_RENAMED', message: `the artifact calls a file ${title}; here it is ${segments.join('/')}` })
  }
  if (layer.annotations?.[unpackKey] !== 'true') return segments
  // A folder that oras packed is not unpacked behind one's back: an archive may reach further than its name.
  const packed = [...segments.slice(0, -1), `${segments.at(-1)}.tar.gz`]
  const name = packed.join('/')
  notify({
    code: 'FOLDER_PACKED',
    message: `${title} is a packed folder; it is written as ${name}, which tar -xzf unpacks`,
  })
  return packed
}

async function fetchInto(
  source: Source,
  layer: Descriptor,
  { file, signal, onEvent }: Options & { file: FileHandle; onEvent: OnTransferEvent },
): Promise<void> {
  onEvent({ type: 'started', content: layer, offset: 0 })
  const body = through(await source.fetch(layer, { signal }), verifying(layer))
  for await (const chunk of counting(lend(body), bytes => onEvent({ type: 'moved', content: layer, bytes }))) {
    signal?.throwIfAborted()
    // All of a chunk is in the file before the next is asked for: it may be lent.
    await file.writeFile(chunk)
  }
}
