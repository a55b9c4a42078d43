import { isManifestType } from '../model/media-types.ts'
import type { Address } from './store.ts'

/** What one source gave of what was read. */
export interface Served {
  /** `https://mirror.example`, or the registry itself: `docker.io`. */
  source: string
  manifests: number
  blobs: number
  bytes: number
  /** Why it was not asked for more, in a sentence or a part of one. */
  failure?: string
}

/** Who gave what; content counts when it ended, and no longer when it turned out to be wrong. */
export interface Ledger {
  /** One reading of content, or the rest of one that broke off; `undefined` is the last source, the registry itself. */
  begin(target: Address, offset: number): { add(source: string | undefined, bytes: number): void; end(): void }
  fail(source: string, reason: string): void
  /** Forgets what was given of a digest; the mirrors that gave it. */
  takeBack(digest: string): string[]
  served(): Served[]
}

interface Content {
  isManifest: boolean
  isWhole: boolean
  /** By source. */
  bytes: Map<string, number>
}

/** @param sources the registry itself is the last */
export function createLedger(sources: readonly string[]): Ledger {
  const registry = sources.at(-1) ?? ''
  const readings = new Map<string, Content>()
  const failures = new Map<string, string>()
  return {
    begin({ digest, mediaType }, offset) {
      const earlier = offset > 0 ? readings.get(digest) : undefined
      const reading = earlier ?? { isManifest: isManifestType(mediaType), isWhole: false, bytes: new Map() }
      readings.set(digest, reading)
      return {
        add: (source = registry, bytes) => reading.bytes.set(source, (reading.bytes.get(source) ?? 0) + bytes),
        end: () => {
          reading.isWhole = true
        },
      }
    },
    fail(source, reason) {
      if (!failures.has(source)) failures.set(source, reason)
    },
    takeBack(digest) {
      const given = [...(readings.get(digest)?.bytes.keys() ?? [])]
      readings.delete(digest)
      return given.filter(source => source !== registry)
    },
    served() {
      const all = sources.map(source => {
        const failure = failures.get(source)
        return { source, manifests: 0, blobs: 0, bytes: 0, ...(failure !== undefined && { failure }) }
      })
      for (const { isManifest, isWhole, bytes } of readings.values()) {
        if (!isWhole) continue
        for (const entry of all) entry.bytes += bytes.get(entry.source) ?? 0
        // Who gave the end is named for the whole.
        const last = [...bytes.keys()].at(-1) ?? registry
        for (const entry of all) if (entry.source === last) entry[isManifest ? 'manifests' : 'blobs']++
      }
      return all
    },
  }
}
