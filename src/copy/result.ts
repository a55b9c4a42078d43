import type { Quota } from '../http/quota.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isManifestType } from '../model/media-types.ts'
import type { Served } from '../store/served.ts'
import type { CopyEvent } from './events.ts'
import type { Companions } from './referrers.ts'

/** What a copy did, as `copy --json` reports it; bytes are of content. */
export interface CopyResult {
  source: string
  destination: string
  digest: Digest
  mediaType: string
  manifests: { copied: number; skipped: number }
  blobs: { copied: number; mounted: number; skipped: number }
  bytes: { copied: number; mounted: number; skipped: number; resumed: number }
  requests: { source: number; destination: number }
  seconds: number
  /** What the digest was before the image was brought into another format. */
  convertedFrom?: Digest
  /** Signatures, attestations and SBOMs that refer to the image; there when they were asked for. */
  referrers?: Companions
  /** Tags named after a digest, as cosign has them; there when they were asked for. */
  digestTags?: Companions
  /** What the source said of the pulls it still grants, where it says so (Docker Hub). */
  rateLimit?: Quota
  /** Which mirror served what, and the registry itself as the last; where the source has mirrors. */
  served?: Served[]
}

/** The counts of a copy, gathered from its own events: what is reported is what was told. */
export type CopyCounts = Pick<CopyResult, 'manifests' | 'blobs' | 'bytes' | 'referrers' | 'digestTags'>

export function countCopy(): { counts: CopyCounts; onEvent: (event: CopyEvent) => void } {
  const counts: CopyCounts = {
    manifests: { copied: 0, skipped: 0 },
    blobs: { copied: 0, mounted: 0, skipped: 0 },
    bytes: { copied: 0, mounted: 0, skipped: 0, resumed: 0 },
  }
  /** Blobs whose bytes have begun to move in this run, with the byte at which they began. */
  const begun = new Map<Digest, number>()
  const settle = (content: Descriptor, as: 'copied' | 'mounted' | 'skipped') => {
    if (isManifestType(content.mediaType)) counts.manifests[as === 'mounted' ? 'copied' : as]++
    else counts.blobs[as]++
    counts.bytes[as] += content.size - (as === 'copied' ? (begun.get(content.digest) ?? 0) : 0)
  }
  return {
    counts,
    onEvent: event => {
      if (event.type === 'started' && !begun.has(event.content.digest)) {
        begun.set(event.content.digest, event.offset)
        counts.bytes.resumed += event.offset
      }
      if (event.type !== 'done') return
      if (event.outcome === 'pushed') settle(event.content, 'copied')
      else settle(event.content, event.outcome === 'mounted' ? 'mounted' : 'skipped')
    },
  }
}
