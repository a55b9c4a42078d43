import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { type ErrorCode, InvalidContentError, RegctlError } from '../model/errors.ts'
import { maxNodes } from '../model/graph.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { isIndexType } from '../model/media-types.ts'
import { readManifest } from '../store/read.ts'
import type { Options, ReferrersOptions, Source } from '../store/store.ts'
import { createdKey } from './annotations.ts'
import { filesOf } from './pull.ts'

/** What refers to an image, as the list of referrers has it. */
export interface ReferrerSummary {
  digest: Digest
  mediaType: string
  /** Bytes of the manifest. */
  size: number
  /** Its type, or else that of its config. */
  artifactType: string | null
  created: string | null
  annotations: Record<string, string>
}

/**
 * All that refers to an image, in the order of the registry; one request where the list has one page.
 * @throws InvalidContentError for more than 10 000 (T13)
 */
export async function listReferrers(
  source: Source,
  subject: Descriptor,
  options: ReferrersOptions = {},
): Promise<ReferrerSummary[]> {
  const found: ReferrerSummary[] = []
  for await (const referrer of source.referrers(subject, options)) {
    if (found.length >= maxNodes) throw tooMany(subject)
    found.push(summarize(referrer))
  }
  return found
}

/** A list that does not end is no list (GHSA-298f-872v-2rcx). */
export function tooMany({ digest }: Descriptor): InvalidContentError {
  return new InvalidContentError(`${digest} has more than ${maxNodes} things that refer to it`)
}

/** One of a list, with what its files weigh. */
export interface SizedReferrer extends ReferrerSummary {
  /** Bytes of its files; `null` of an index, and where its manifest is not there or is not what the list says. */
  fileSize: number | null
}

/** Asks for the manifest of each, a few at a time, for what its files weigh: a list of referrers knows only the manifest's own size. */
export async function withFileSizes(
  source: Source,
  referrers: readonly ReferrerSummary[],
  options: Options = {},
): Promise<SizedReferrer[]> {
  return mapInTurns(referrers, async referrer => ({ ...referrer, fileSize: await fileSize(source, referrer, options) }))
}

/** What says that one entry of a list is wrong, and not the registry. */
const wrongEntry: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'CONTENT_MISMATCH', 'CONTENT_INVALID'])

async function fileSize(
  source: Source,
  { digest, mediaType, size }: ReferrerSummary,
  options: Options,
): Promise<number | null> {
  if (isIndexType(mediaType)) return null
  try {
    const manifest = await readManifest(source, { digest, mediaType, size }, options)
    return 'layers' in manifest ? filesOf(manifest).reduce((sum, file) => sum + file.size, 0) : null
  } catch (error) {
    if (error instanceof RegctlError && wrongEntry.has(error.code)) return null
    throw error
  }
}

/** A descriptor of a list of referrers in full. */
export function summarize({ digest, mediaType, size, artifactType, annotations = {} }: Descriptor): ReferrerSummary {
  const created = annotations[createdKey] ?? null
  return { digest, mediaType, size, artifactType: artifactType ?? null, created, annotations: { ...annotations } }
}
