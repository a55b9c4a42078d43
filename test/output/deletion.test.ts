import { expect, it } from 'vitest'
import { type Deletions, deletionSummary } from '../../src/output/deletion.ts'

const style = { isTTY: false, color: false, unicode: true, width: 80, height: 24 }
const digest = `sha256:${'0'.repeat(64)}` as const
const image = {
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 500,
  tags: ['a', 'b'],
  partOf: [],
}
const none: Deletions = { repository: 'reg.example/app', manifests: [], tags: [] }
const whole: Deletions = { ...none, manifests: [image], tags: ['a', 'b'] }

it.each([
  ['an image', whole, ['deleted 1 manifest and 2 tags of reg.example/app', digest, '  a', '  b']],
  [
    'a rehearsal',
    { ...whole, dryRun: true },
    ['would delete 1 manifest and 2 tags of reg.example/app', digest, '  a', '  b', 'a dry run: add --yes to delete'],
  ],
  ['a tag', { ...none, tags: ['a'], way: 'protocol' }, ['deleted the tag a of reg.example/app']],
  [
    'a tag by its product',
    { ...none, tags: ['a'], way: 'product' },
    ["deleted the tag a of reg.example/app, by the registry's own interface"],
  ],
  ['several tags', { ...none, tags: ['a', 'b'] }, ['deleted the tags a, b of reg.example/app']],
  ['nothing', none, ['nothing to delete in reg.example/app']],
  ['what is missing', { ...none, missing: 'reg.example/app:x' }, ['there is no reg.example/app:x: nothing to delete']],
  ['T14', { ...none, tags: ['\u001b[2J'] }, [expect.not.stringContaining('\u001b')]],
] satisfies [string, Deletions, unknown[]][])('%s', (_what, result, lines) => {
  expect(deletionSummary(result, style).split('\n')).toEqual(lines)
})
