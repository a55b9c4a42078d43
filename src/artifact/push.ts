import { counting, through } from '../http/lent.ts'
import { openBytes } from '../model/content.ts'
import { type Descriptor, descriptorOf, type Platform } from '../model/descriptor.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { emptyBytes, emptyDescriptor } from '../model/manifest.ts'
import { mediaTypes } from '../model/media-types.ts'
import type { Options, Store } from '../store/store.ts'
import { filesAtOnce, type OnTransferEvent } from './events.ts'
import { bytesPart, type Part } from './parts.ts'

/** What the manifest of an artifact says of itself. */
export interface PushArtifactOptions extends Options {
  /** The name of the manifest; absent: only its digest. */
  tag?: string | undefined
  /** Default `application/vnd.unknown.artifact.v1`, or with a config that one's type. */
  artifactType?: string | undefined
  annotations?: Readonly<Record<string, string>> | undefined
  /** Default: the empty one. */
  config?: Part | undefined
  /** What the artifact is for: kept in a config, unless one is given. */
  platform?: Platform | undefined
  /** The manifest it refers to, in the same repository. */
  subject?: Descriptor | undefined
  onEvent?: OnTransferEvent | undefined
}

/** What oras calls content of which nothing is said. */
const unknownArtifact = 'application/vnd.unknown.artifact.v1'
/** The media type of a config of which nothing is said. */
export const unknownConfig = 'application/vnd.unknown.config.v1+json'

/**
 * Pushes files as an artifact by the image-spec's guidelines (items 21, 84): files first, the manifest last, with its tag. The same
 * files under the same words have the same digest: no time is written.
 */
export async function pushArtifact(
  store: Store,
  files: readonly Part[],
  options: PushArtifactOptions = {},
): Promise<Descriptor> {
  const { config = configFor(options), tag, signal, onEvent = () => {} } = options
  const manifest = artifactManifest(files, config, options)
  const parts = new Map([...files, config].map(part => [part.descriptor.digest, part]))
  // An artifact without files still has one layer: the empty one.
  if (files.length === 0) parts.set(emptyPart.descriptor.digest, emptyPart)
  for (const { descriptor } of [...parts.values(), manifest]) onEvent({ type: 'found', content: descriptor })
  await mapInTurns([...parts.values()], part => pushPart(store, part, { signal, onEvent }), filesAtOnce)
  const outcome = await store.push(manifest.descriptor, manifest.open, { tag, signal })
  onEvent({ type: 'done', content: manifest.descriptor, outcome })
  return manifest.descriptor
}

const emptyPart: Part = { descriptor: emptyDescriptor, open: openBytes(emptyBytes) }

function configFor({ platform }: PushArtifactOptions): Part {
  if (!platform) return emptyPart
  return bytesPart(new TextEncoder().encode(JSON.stringify(platform)), unknownConfig)
}

/** Keys in the order of the specification, so that the same input makes the same bytes. */
function artifactManifest(files: readonly Part[], config: Part, options: PushArtifactOptions): Part {
  const { artifactType = config === emptyPart || options.platform ? unknownArtifact : undefined } = options
  const { annotations = {}, subject } = options
  const layers = files.length > 0 ? files.map(({ descriptor }) => descriptor) : [emptyDescriptor]
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType,
      config: config.descriptor,
      layers,
      subject: subject && { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    }),
  )
  return { ...bytesPart(bytes, mediaTypes.ociManifest), descriptor: described(bytes, artifactType) }
}

function described(bytes: Uint8Array, artifactType: string | undefined): Descriptor {
  return { ...descriptorOf(bytes, mediaTypes.ociManifest), ...(artifactType !== undefined && { artifactType }) }
}

async function pushPart(
  store: Store,
  { descriptor, open }: Part,
  { signal, onEvent }: Options & { onEvent: OnTransferEvent },
): Promise<void> {
  const told = async (offset = 0) => {
    const body = await open(offset)
    onEvent({ type: 'started', content: descriptor, offset })
    return through(body, chunks => counting(chunks, bytes => onEvent({ type: 'moved', content: descriptor, bytes })))
  }
  const outcome = await store.push(descriptor, told, { signal })
  onEvent({ type: 'done', content: descriptor, outcome })
}
