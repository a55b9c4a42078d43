import { describe, expect, it } from 'vitest'
import type { TreeNode } from '../../src/artifact/tree.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { treeText } from '../../src/output/artifact-tree.ts'
import { displayWidth } from '../../src/output/width.ts'
import { randomBlob } from '../helpers/images.ts'

const style = { isTTY: false, color: false, unicode: true, width: Number.POSITIVE_INFINITY, height: 24 }
const node = (parts: Partial<TreeNode>, ...children: TreeNode[]): TreeNode => ({
  relation: 'referrer',
  digest: randomBlob(1).descriptor.digest,
  mediaType: mediaTypes.ociManifest,
  size: 1,
  artifactType: null,
  created: null,
  annotations: {},
  children,
  ...parts,
})
const deep = node({ artifactType: 'a/signature' })
const sbom = node({ artifactType: 'application/spdx+json', created: '2026-01-02T03:04:05Z' }, deep)
const amd64 = node({ relation: 'entry', platform: 'linux/amd64' }, sbom)
const again = node({ artifactType: 'application/spdx+json', digest: sbom.digest, repeated: true })
const root = node({ relation: 'root' }, amd64, again)

describe('treeText', () => {
  it('sets digests below one another, whatever stands before them', () => {
    expect(treeText(root, 'registry.example/app:1.2', style)).toBe(
      [
        `registry.example/app:1.2                           ${root.digest}`,
        `├─ linux/amd64                                     ${amd64.digest}`,
        `│  └─ application/spdx+json  2026-01-02T03:04:05Z  ${sbom.digest}`,
        `│     └─ a/signature                               ${deep.digest}`,
        `└─ application/spdx+json                           ${sbom.digest}  (see elsewhere)`,
      ].join('\n'),
    )
  })

  it('lets a long reference stand alone, and the tree keep its columns', () => {
    const reference = `registry.example/${'long/'.repeat(10)}app:1.2`
    const lines = treeText(node({ relation: 'root' }, deep), reference, style).split('\n')
    expect(lines[0]).toMatch(/^\S+ {2}sha256:/)
    expect(lines[1]).toBe(`└─ a/signature  ${deep.digest}`)
  })

  it.each([70, 80])('at %i columns no line is wider, and every digest can be told from another', width => {
    const long = node({ artifactType: 'application/vnd.example.of.many.words+json' })
    const lines = treeText(node({ relation: 'root' }, amd64, long), 'r/a:1', { ...style, width }).split('\n')
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/sha256:[0-9a-f]{8}/)
  })

  it('T14: escapes what a registry says', () => {
    expect(treeText(node({ artifactType: '\u001b[31m' }), '\u001b]0;x', style)).not.toContain('\u001b')
    expect(treeText(node({}, node({ artifactType: '\u001b[31m/x' })), 'r/a', style)).not.toContain('\u001b')
  })
})
