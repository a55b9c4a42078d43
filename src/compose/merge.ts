import { RegctlError } from '../model/errors.ts'
import { attestedDigest, attestsTo, formatPlatform, isAttestation } from '../model/platform.ts'
import type { IndexEntry } from './entries.ts'
import { platformKey } from './platform.ts'

/**
 * Puts entries behind those that are there, each once. What is there keeps its place and its fields.
 * @throws RegctlError EXISTS for a second image of one platform; with `replace` it takes the first one's place, and the first one's
 * attestations go with it
 */
export function mergeEntries<E extends IndexEntry>(
  existing: readonly E[],
  added: readonly E[],
  { replace = false }: { replace?: boolean | undefined } = {},
): E[] {
  let merged = [...existing]
  for (const entry of added) {
    if (merged.some(other => isSame(other, entry))) continue
    const key = platformKey(entry.descriptor)
    const rival = key === undefined ? undefined : merged.find(other => platformKey(other.descriptor) === key)
    if (!rival) {
      merged.push(entry)
      continue
    }
    if (!replace) throw conflict(rival, entry)
    merged = merged.map(other => (other === rival ? entry : other))
    if (!merged.some(({ descriptor }) => descriptor.digest === rival.descriptor.digest && !isAttestation(descriptor))) {
      const gone = new Set([rival.descriptor.digest])
      merged = merged.filter(({ descriptor }) => !attestsTo(descriptor, gone))
    }
  }
  return merged
}

/** One content may stand for two platforms, and one attestation for two images. */
function isSame({ descriptor: one }: IndexEntry, { descriptor: other }: IndexEntry): boolean {
  if (one.digest !== other.digest || isAttestation(one) !== isAttestation(other)) return false
  if (isAttestation(one)) {
    return attestedDigest(one) === attestedDigest(other)
  }
  return platformKey(one) === platformKey(other)
}

function conflict({ descriptor: rival }: IndexEntry, { descriptor }: IndexEntry): RegctlError {
  const platform = descriptor.platform ? formatPlatform(descriptor.platform) : 'one platform'
  return new RegctlError('EXISTS', `two images for ${platform}: ${rival.digest} and ${descriptor.digest}`, {
    hint: 'take one out with --platform, or let the later one win with --replace',
  })
}
