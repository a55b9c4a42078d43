import type { CopyCounts, CopyResult } from './result.ts'

/** What several copies did together. */
export interface CopyTotals extends Pick<CopyResult, 'manifests' | 'blobs' | 'bytes' | 'requests' | 'seconds'> {
  images: { copied: number; unchanged: number; failed: number }
}

/** Adds the counts of copies; what has an `error` has none. */
export function sumUp(results: readonly (CopyCounts | { error: unknown })[]): Omit<CopyTotals, 'requests' | 'seconds'> {
  const sum = {
    images: { copied: 0, unchanged: 0, failed: 0 },
    manifests: { copied: 0, skipped: 0 },
    blobs: { copied: 0, mounted: 0, skipped: 0 },
    bytes: { copied: 0, mounted: 0, skipped: 0, resumed: 0 },
  }
  for (const result of results) {
    if ('error' in result) sum.images.failed++
    else {
      sum.images[isUnchanged(result) ? 'unchanged' : 'copied']++
      add(sum.manifests, result.manifests)
      add(sum.blobs, result.blobs)
      add(sum.bytes, result.bytes)
    }
  }
  return sum
}

/** Nothing was sent, not even a tag. */
export function isUnchanged({ manifests, blobs }: Pick<CopyCounts, 'manifests' | 'blobs'>): boolean {
  return manifests.copied + blobs.copied + blobs.mounted === 0
}

function add<T extends Record<keyof T, number>>(sum: T, more: T): void {
  for (const key of Object.keys(sum) as (keyof T)[]) sum[key] = (sum[key] + more[key]) as T[keyof T]
}
