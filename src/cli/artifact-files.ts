import type { OnTransferEvent } from '../artifact/events.ts'
import { type FileArgument, filePart, type Part, parseFileArgument, streamPart } from '../artifact/parts.ts'
import { fileOf } from '../artifact/pull.ts'
import { pushArtifact, unknownConfig } from '../artifact/push.ts'
import type { Descriptor, Platform } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { PushedArtifact } from '../output/artifact.ts'
import { formatPlace } from '../store/place.ts'
import type { Options, Store } from '../store/store.ts'
import { parseAnnotations, readAnnotationFile } from './artifact-flags.ts'

/** What `artifact push` and `artifact attach` say of the artifact. */
export interface FileFlags {
  'artifact-type'?: string | undefined
  annotation?: readonly string[] | undefined
  'annotation-file'?: string | undefined
  config?: string | undefined
  platform?: Platform | undefined
}

interface PushFiles extends Options {
  flags: FileFlags
  tag?: string | undefined
  subject?: Descriptor | undefined
  onEvent: OnTransferEvent
}

/** Reads the files that were named, standard input among them, and pushes them as one artifact. */
export async function pushFiles(
  store: Store,
  files: readonly string[],
  { flags, tag, subject, onEvent, signal }: PushFiles,
): Promise<PushedArtifact> {
  const given = flags.config === undefined ? undefined : parseFileArgument(flags.config)
  const named = files.map(parseFileArgument)
  if ([...files, flags.config].includes('')) {
    throw new RegctlError('USAGE', 'the name of a file is empty', { hint: 'name a file, or - for standard input' })
  }
  if ([...named, ...(given ? [given] : [])].filter(({ path }) => path === undefined).length > 1) {
    throw new RegctlError('USAGE', 'standard input can be only one of the files')
  }
  const annotations = await readAnnotationFile(flags['annotation-file'])
  const temporary: (() => Promise<void>)[] = []
  const read = async (file: FileArgument): Promise<Part> => {
    const options = { mediaType: file.mediaType, signal, onReading: onEvent }
    const part = await (file.path === undefined ? streamPart(process.stdin, options) : filePart(file.path, options))
    if (part.remove) temporary.push(part.remove)
    return part
  }
  try {
    const parts: Part[] = []
    for (const file of named) parts.push(annotated(await read(file), annotations.get(file.path ?? '-')))
    const config =
      given && annotated(untitled(await read({ mediaType: unknownConfig, ...given })), annotations.get('$config'))
    const { digest, mediaType, size, artifactType } = await pushArtifact(store, parts, {
      tag,
      artifactType: flags['artifact-type'],
      annotations: { ...annotations.get('$manifest'), ...parseAnnotations(flags.annotation) },
      config,
      platform: flags.platform,
      subject,
      signal,
      onEvent,
    })
    await store.close?.()
    return {
      reference: formatPlace({ store, reference: tag ?? digest }),
      repository: store.location,
      digest,
      mediaType,
      size,
      artifactType: artifactType ?? config?.descriptor.mediaType ?? null,
      subject: subject?.digest ?? null,
      files: parts.map(({ descriptor }) => fileOf(descriptor)),
    }
  } finally {
    await Promise.all(temporary.map(remove => remove()))
  }
}

function annotated(part: Part, own: Readonly<Record<string, string>> | undefined): Part {
  if (!own) return part
  return { ...part, descriptor: { ...part.descriptor, annotations: { ...part.descriptor.annotations, ...own } } }
}

/** A config has no name of its own. */
function untitled(part: Part): Part {
  const { annotations: _title, ...descriptor } = part.descriptor
  return { ...part, descriptor }
}

/** `-:TYPE` would be taken for a flag: it is written as the path that means the same. */
export function withStdinAsPath(argv: readonly string[]): string[] {
  return argv.map(word => (word.startsWith('-:') ? `/dev/stdin${word.slice(1)}` : word))
}
