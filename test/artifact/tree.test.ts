import { describe, expect, it } from 'vitest'
import { listReferrers } from '../../src/artifact/list.ts'
import { artifactTree, type TreeNode } from '../../src/artifact/tree.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeArtifact, makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

const ofType = (artifactType: string, { root }: Pick<Sample, 'root'>, annotations = {}) =>
  makeArtifact({ artifactType, subject: root, annotations })

/** The tree in words, one a node, deeper ones indented. */
function drawn(node: TreeNode, depth = 0): string[] {
  const name = node.tag?.replace(/^.*\./, '.') ?? node.platform ?? node.artifactType ?? node.relation
  const remark = `${node.repeated ? ' again' : ''}${node.cut ? ' cut' : ''}`
  return [`${' '.repeat(depth)}${name}${remark}`, ...node.children.flatMap(child => drawn(child, depth + 1))]
}

describe('artifactTree', () => {
  it('has entries, what refers to them, what refers to that, and digest tags', async () => {
    const store = memoryStore()
    const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true })
    await seed(store, index, 'v1')
    const [amd64] = childrenOf(index)
    const sbom = ofType('a/sbom', { root: amd64 ?? index.root })
    const signature = ofType('a/sig', sbom)
    for (const sample of [sbom, signature, ofType('a/index', index)]) await seed(store, sample)
    await seed(store, makeImage(), `${index.root.digest.replace(':', '-')}.sig`)
    await seed(store, makeImage(), `${sbom.root.digest.replace(':', '-')}.att`)
    expect(drawn(await artifactTree(store, index.root))).toEqual([
      'root',
      ' linux/amd64',
      '  a/sbom',
      '   a/sig',
      '   .att',
      ' linux/arm64',
      ' attestation',
      ' attestation again',
      ' a/index',
      ' .sig',
    ])
    expect(drawn(await artifactTree(store, index.root, { depth: 1 }))).toContain(' linux/amd64 cut')
    expect(drawn(await artifactTree(store, index.root, { artifactType: 'a/sbom' }))).not.toContain(' a/index')
  })

  it('T13, item 65: ends where referrers go round in a circle, and asks for each list once', async () => {
    const [a, b] = [makeImage().root, makeImage().root]
    const asked: string[] = []
    const circle = sourceOf(subject => {
      asked.push(subject.digest)
      return [subject.digest === a.digest ? b : a]
    })
    expect(drawn(await artifactTree(circle, a))).toEqual(['root', ' referrer', '  referrer again'])
    expect(asked).toEqual([a.digest, b.digest])
  })

  it('T13: goes 8 levels deep and no deeper', async () => {
    const chain = sourceOf(() => [makeImage().root])
    expect(drawn(await artifactTree(chain, makeImage().root)).at(-1)).toBe(`${' '.repeat(8)}referrer cut`)
  })

  it('T13: refuses a crowd', async () => {
    const crowd = Array.from({ length: 10_001 }, (_, at) => ({ ...makeImage({ layers: 0, seed: 'x' }).root, size: at }))
    const source = sourceOf(() => crowd)
    await expect(artifactTree(source, makeImage().root, { depth: 1 })).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
    })
  })

  it.each([
    ['a tree', (store: Store, subject: Descriptor) => artifactTree(store, subject)],
    ['a list', (store: Store, subject: Descriptor) => listReferrers(store, subject)],
  ])('T12, T13: %s reads no more referrers than it can have', async (_, read) => {
    let given = 0
    const { root } = makeImage({ layers: 0, seed: 'x' })
    const endless = overriding(memoryStore(), {
      async *referrers() {
        while (given < 20_000) yield { ...root, size: given++ }
      },
    })
    await expect(read(endless, makeImage().root)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
    expect(given).toBe(10_001)
  })

  it('T12, T13: asks for none of more digest tags than it can have', async () => {
    let asked = 0
    const { root } = makeImage()
    const crowd = overriding(memoryStore(), {
      async *tags() {
        for (let at = 0; at <= 10_000; at++) yield `${root.digest.replace(':', '-')}.${at}`
      },
      resolve: async () => ({ ...root, size: asked++ }),
    })
    await expect(artifactTree(crowd, root)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
    expect(asked).toBe(0)
  })

  it('does without the tags where they are not listed, and not without what fails', async () => {
    const image = makeImage()
    const refusing = (code: 'DENIED' | 'UNREACHABLE') =>
      overriding(memoryStore(), {
        tags: () => failing(new RegctlError(code, 'no')),
      })
    expect(drawn(await artifactTree(refusing('DENIED'), image.root))).toEqual(['root'])
    await expect(artifactTree(refusing('UNREACHABLE'), image.root)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})

it('lists one level, with the time that an annotation says', async () => {
  const store = memoryStore()
  const image = makeImage()
  await seed(store, image, 'v1')
  const sbom = ofType('a/sbom', image, { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z', k: 'v' })
  for (const sample of [sbom, ofType('a/sig', image), ofType('a/deeper', sbom)]) await seed(store, sample)
  expect((await listReferrers(store, image.root)).map(({ artifactType }) => artifactType)).toEqual(['a/sbom', 'a/sig'])
  expect(await listReferrers(store, image.root, { artifactType: 'a/sbom' })).toMatchObject([
    { digest: sbom.root.digest, created: '2026-01-02T03:04:05Z', annotations: { k: 'v' } },
  ])
})

function sourceOf(referrers: (subject: Descriptor) => Descriptor[]): Store {
  return overriding(memoryStore(), {
    async *referrers(subject) {
      yield* referrers(subject)
    },
  })
}

function childrenOf({ root, contents }: Sample): Descriptor[] {
  return JSON.parse(contents.get(root.digest)?.bytes.toString() ?? '').manifests
}

function failing(error: Error): AsyncIterable<string> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
}
