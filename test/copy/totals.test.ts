import { expect, it } from 'vitest'
import type { CopyCounts } from '../../src/copy/result.ts'
import { isUnchanged, sumUp } from '../../src/copy/totals.ts'

const counts = ({ manifests = 0, copied = 0, mounted = 0, skipped = 0 }): CopyCounts => ({
  manifests: { copied: manifests, skipped: 1 },
  blobs: { copied, mounted, skipped },
  bytes: { copied: 10 * copied, mounted: 100 * mounted, skipped: 1000 * skipped, resumed: copied },
})

it.each([
  [{}, true],
  [{ skipped: 3 }, true],
  [{ manifests: 1 }, false],
  [{ copied: 1 }, false],
  [{ mounted: 1 }, false],
])('%j: unchanged %s', (what, expected) => expect(isUnchanged(counts(what))).toBe(expected))

it('adds up what was done, and counts what failed', () => {
  const all = [
    counts({ manifests: 2, copied: 3, mounted: 1 }),
    counts({ skipped: 2 }),
    { error: 'no' },
    counts({ copied: 4 }),
  ]
  expect(sumUp(all)).toEqual({
    images: { copied: 2, unchanged: 1, failed: 1 },
    manifests: { copied: 2, skipped: 3 },
    blobs: { copied: 7, mounted: 1, skipped: 2 },
    bytes: { copied: 70, mounted: 100, skipped: 2000, resumed: 7 },
  })
})
