import { describe, expect, it } from 'vitest'
import type { CopyTagsResult } from '../../src/copy/tags.ts'
import { copyReport } from '../../src/output/copy-report.ts'

const mib = 1024 ** 2
const style = { isTTY: false, color: false, unicode: true, width: Number.POSITIVE_INFINITY, height: 24 }
const digest = `sha256:${'0'.repeat(64)}` as const
const image = (tag: string, copied: number) => ({
  source: `reg.example/app:${tag}`,
  destination: `eu.example:5000/app:${tag}`,
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  manifests: { copied: copied > 0 ? 1 : 0, skipped: copied > 0 ? 0 : 1 },
  blobs: { copied: 0, mounted: 0, skipped: 0 },
  bytes: { copied, mounted: 0, skipped: 0, resumed: 0 },
  seconds: 1,
})
const failed = { reference: '3', error: { code: 'EXISTS', message: 'it names\u001b[2J another' } } as const
const totals = {
  images: { copied: 1, unchanged: 1, failed: 1 },
  manifests: { copied: 1, skipped: 1 },
  blobs: { copied: 0, mounted: 0, skipped: 0 },
  bytes: { copied: 12 * mib, mounted: 0, skipped: 0, resumed: 0 },
  requests: { source: 4, destination: 5 },
  seconds: 3,
}
const places = { source: 'reg.example/app', destination: 'eu.example:5000/app' }
const report: CopyTagsResult = { ...places, images: [image('1', 12 * mib), image('2', 0), failed], totals }

describe('what a copy of many tags did', () => {
  it('shows what was copied or failed, and one line of all; T14: control characters are shown', async () => {
    expect((await copyReport(report, style)).split('\n')).toEqual([
      expect.stringMatching(/^TAG {2}DIGEST +COPIED$/),
      `1    ${digest}  12.0 MiB`,
      expect.stringMatching(/^3 +it names\\x1b\[2J another$/),
      'reg.example/app → eu.example:5000/app',
      '3 tags: 1 copied, 1 unchanged, 1 failed',
      'copied 12.0 MiB in 3.0 s (4.0 MiB/s)',
      '4 requests to the source, 5 requests to the destination',
    ])
  })

  it('shows no table when nothing changed', async () => {
    const images = { copied: 0, unchanged: 1, failed: 0 }
    const text = await copyReport({ ...report, images: [image('2', 0)], totals: { ...totals, images } }, style)
    expect(text.split('\n').slice(0, 2)).toEqual(['reg.example/app → eu.example:5000/app', '1 tag: 1 unchanged'])
  })

  it('shows every tag of a rehearsal', async () => {
    const text = await copyReport({ ...report, dryRun: true }, style)
    expect(text).toMatch(/^2 +sha256:0+ {2}unchanged$/m)
    expect(text).toContain('a rehearsal: 3 tags: 1 to copy, 1 unchanged, 1 failed\n12.0 MiB\n')
  })
})
