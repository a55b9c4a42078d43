import { describe, expect, it } from 'vitest'
import { type CopyReport, copySummary } from '../../src/output/copy-summary.ts'

const mib = 1024 ** 2
const style = { isTTY: false, color: false, unicode: true, width: 80, height: 24 }
const digest = `sha256:${'0'.repeat(64)}` as const
const report: CopyReport = {
  source: 'docker.io/library/nginx:latest',
  destination: 'reg.example/nginx:latest',
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  manifests: { copied: 1, skipped: 0 },
  blobs: { copied: 3, mounted: 0, skipped: 0 },
  bytes: { copied: 12 * mib, mounted: 0, skipped: 0, resumed: 0 },
  requests: { source: 5, destination: 9 },
  seconds: 3,
}
const head = ['docker.io/library/nginx:latest → reg.example/nginx:latest', digest]
const copied = 'copied 12.0 MiB in 3.0 s (4.0 MiB/s)'
const requests = '5 requests to the source, 9 requests to the destination'

describe('what a copy did', () => {
  it.each<[string, Partial<CopyReport>, string[]]>([
    ['all', {}, [copied, requests]],
    ['requests that were sent again', { retries: 2 }, [copied, `${requests}, 2 of them again`]],
    [
      'pulls that the source still grants',
      { rateLimit: { limit: 100, remaining: 76, windowSeconds: 21_600 } },
      [copied, requests, 'the source grants 76 more of 100 pulls in 6 h 00 min'],
    ],
    [
      'nothing',
      {
        manifests: { copied: 0, skipped: 1 },
        blobs: { copied: 0, mounted: 0, skipped: 3 },
        requests: { source: 1, destination: 0 },
      },
      ['unchanged: everything is there already', '1 request to the source'],
    ],
    [
      'what came along',
      { referrers: { copied: 2, skipped: 1 }, digestTags: { copied: 0, skipped: 0 } },
      [copied, 'referrers: 2 copied, 1 there already; digest tags: none', requests],
    ],
    ['a rehearsal', { dryRun: true }, ['a rehearsal: would copy 1 manifest and 3 blobs, 12.0 MiB', requests]],
  ])('%s', (_, change, lines) => {
    expect(
      copySummary({ ...report, ...change }, style)
        .split('\n')
        .slice(0, 2),
    ).toEqual(head)
    expect(
      copySummary({ ...report, ...change }, style)
        .split('\n')
        .slice(2),
    ).toEqual(lines)
  })

  it('T14: shows control characters of a name', () => {
    expect(copySummary({ ...report, destination: 'reg\u001b[2J' }, style)).toContain('reg\\x1b[2J')
  })
})
