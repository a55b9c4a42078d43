import { expect, it } from 'vitest'
import { harborTags } from '../../src/catalog/harbor-tags.ts'

const digest = `sha256:${'a'.repeat(64)}`
const tag = { name: 'v1', push_time: '2026-01-02T03:04:05.000Z', pull_time: '0001-01-01T00:00:00.000Z' }
const pushed = '2026-01-02T03:04:05Z'
const [amd64, arm64] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
]

it.each<[string, Record<string, unknown>, object[]]>([
  [
    'an image, never pulled',
    { digest, size: 5, manifest_media_type: 'a/b', extra_attrs: { ...amd64, created: pushed }, tags: [tag] },
    [{ name: 'v1', digest, mediaType: 'a/b', size: 5, platforms: ['linux/amd64'], created: pushed, pushed }],
  ],
  [
    'an index, whose attestations are for no platform',
    {
      digest,
      references: [
        { platform: amd64 },
        { platform: arm64 },
        { platform: { os: 'unknown', architecture: 'unknown' } },
        {},
      ],
      tags: [tag],
    },
    [{ name: 'v1', digest, platforms: ['linux/amd64', 'linux/arm64/v8'], pushed }],
  ],
  [
    'two tags',
    { digest, tags: [{ name: 'v1' }, { name: 'v2' }] },
    [
      { name: 'v1', digest },
      { name: 'v2', digest },
    ],
  ],
  ['no tags', { digest, tags: null }, []],
  ['a tag without a name', { digest, tags: [{ push_time: pushed }, 'v1'] }, []],
  [
    'what is no digest, size or time',
    { digest: 'x', size: -1, extra_attrs: [], tags: [{ name: 'v1', push_time: 5 }] },
    [{ name: 'v1' }],
  ],
])('%s', (_, artifact, expected) => {
  expect(harborTags(artifact)).toEqual(expected)
})
