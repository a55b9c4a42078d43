import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { ReferrersOptions, Source } from '../store/store.ts'
import { createdKey } from './annotations.ts'

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

/** All that refers to an image, in the order of the registry; one request where the list has one page. */
export async function listReferrers(
  source: Source,
  subject: Descriptor,
  options: ReferrersOptions = {},
): Promise<ReferrerSummary[]> {
  const found: ReferrerSummary[] = []
  for await (const referrer of source.referrers(subject, options)) found.push(summarize(referrer))
  return found
}

/** A descriptor of a list of referrers in full. */
export function summarize({ digest, mediaType, size, artifactType, annotations = {} }: Descriptor): ReferrerSummary {
  const created = annotations[createdKey] ?? null
  return { digest, mediaType, size, artifactType: artifactType ?? null, created, annotations: { ...annotations } }
}
