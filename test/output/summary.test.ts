import { expect, it } from 'vitest'
import { summaryLine } from '../../src/output/summary.ts'

const mib = 1024 ** 2

it.each([
  [{ copied: 12 * mib, mounted: 0, skipped: 0, resumed: 0 }, 3, 'copied 12.0 MiB in 3.0 s (4.0 MiB/s)'],
  [
    { copied: mib, mounted: 2 * mib, skipped: 1024, resumed: 512 },
    1,
    'copied 1.0 MiB in 1.0 s (1.0 MiB/s), mounted 2.0 MiB, skipped 1.0 KiB, resumed after 512 B',
  ],
  [{ copied: 0, mounted: 0, skipped: 0, resumed: 0 }, 0.1, 'nothing to copy (0.1 s)'],
  [{ copied: 1, mounted: 0, skipped: 0, resumed: 0 }, 0, 'copied 1 B in 0.0 s'],
])('%j in %d s', (bytes, seconds, line) => expect(summaryLine({ bytes, seconds })).toBe(line))
