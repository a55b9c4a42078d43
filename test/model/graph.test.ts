import { describe, expect, it } from 'vitest'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { childrenOf, maxDepth, maxNodes } from '../../src/model/graph.ts'
import type { ImageManifest, IndexManifest } from '../../src/model/manifest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'

const node = (name: string, size = 1, mediaType = 'text/x'): Descriptor => {
  return { mediaType, digest: digestOf(Buffer.from(name)), size }
}
const common = { mediaType: mediaTypes.ociManifest, bytes: Buffer.alloc(0), annotations: {} }
const image = (config: Descriptor | undefined, layers: Descriptor[]): ImageManifest => {
  return { ...common, kind: 'image', config, layers, subject: node('subject') }
}
const index = (manifests: Descriptor[]): IndexManifest => {
  return { ...common, kind: 'index', manifests, subject: node('subject') }
}

describe('childrenOf', () => {
  const [a, b, c] = [node('a'), node('b'), node('c')]

  it.each([
    ['config, then layers', image(a, [b, c]), [a, b, c]],
    ['layers alone', image(undefined, [b]), [b]],
    ['entries in order', index([c, a, b]), [c, a, b]],
    ['nothing', index([]), []],
    ['each digest once', image(a, [b, a, b, c]), [a, b, c]],
    ['the first of two descriptors', index([node('a', 1, 'x/1'), node('a', 1, 'x/2')]), [node('a', 1, 'x/1')]],
  ])('gives %s, and no subject', (_, manifest, children) => {
    expect(childrenOf(manifest)).toEqual(children)
  })

  it('T11: refuses one digest with two sizes', () => {
    expect(() => childrenOf(image(a, [b, node('a', 2)]))).toThrow(`${a.digest} with 1 and with 2 bytes`)
  })

  it('T13: one child listed 50 000 times is one child', () => {
    expect(childrenOf(index(Array.from({ length: 50_000 }, () => a)))).toEqual([a])
  })

  it('T13: states the limits of a walk', () => {
    expect([maxDepth, maxNodes]).toEqual([8, 10_000])
  })
})
