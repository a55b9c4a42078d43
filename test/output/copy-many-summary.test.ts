import { expect, it } from 'vitest'
import type { CopyResult } from '../../src/copy/result.ts'
import { copyReport } from '../../src/output/copy-report.ts'

const mib = 1024 ** 2
const style = { isTTY: false, color: false, unicode: true, width: Number.POSITIVE_INFINITY, height: 24 }
const digest = `sha256:${'0'.repeat(64)}` as const
const done: CopyResult = {
  source: 'reg.example/app:1',
  destination: 'eu.example/app:1',
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  manifests: { copied: 1, skipped: 0 },
  blobs: { copied: 3, mounted: 1, skipped: 0 },
  bytes: { copied: 12 * mib, mounted: mib, skipped: 0, resumed: 0 },
  requests: { source: 5, destination: 9 },
  seconds: 3,
}
const unchanged = { manifests: { copied: 0, skipped: 1 }, blobs: { copied: 0, mounted: 0, skipped: 0 } }
const failed = { destination: 'us.example/app:1', error: { code: 'DENIED', message: 'no\u001b[2J' } } as const

it('has a row for each destination; T14: shows control characters', async () => {
  const destinations = [done, failed, { ...done, ...unchanged, destination: 'oci:x\u001b:1' }]
  const report = { source: done.source, destinations, referrers: { copied: 1, skipped: 0 }, retries: 2 }
  expect((await copyReport(report, style)).split('\n')).toEqual([
    'DESTINATION       COPIED',
    'eu.example/app:1  12.0 MiB, 1.0 MiB mounted',
    'us.example/app:1  no\\x1b[2J',
    'oci:x\\x1b:1       unchanged',
    `reg.example/app:1 is ${digest}`,
    'referrers: 1 copied',
    '5 requests to the source, 18 requests to the destinations, 2 of them again',
  ])
})

it('says of a rehearsal what there is to copy, and nothing of a digest when all failed', async () => {
  const report = { source: done.source, destinations: [done], dryRun: true as const }
  expect(await copyReport(report, style)).toMatch(/^DESTINATION +TO COPY\n/)
  expect(await copyReport({ source: done.source, destinations: [failed] }, style)).not.toContain(' is ')
})
