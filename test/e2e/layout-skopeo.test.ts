import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { readVerified } from '../../src/store/read.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { realOrSkip } from '../helpers/real.ts'
import { skopeo, skopeoConfig, skopeoCopy, skopeoInspect, skopeoRaw } from '../helpers/skopeo.ts'
import { collect } from '../store/contract.ts'

realOrSkip('skopeo')('a layout, as skopeo sees it', () => {
  let ours: string
  let theirs: string
  beforeEach(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'regctl-layout-skopeo-'))
    ours = join(dir, 'ours')
    theirs = join(dir, 'theirs')
  })

  const samples: [string, () => Sample][] = [
    ['an image', () => makeImage({ layers: [100, 200_000] })],
    ['an index', () => makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'] })],
  ]

  it.each(samples)('reads %s that we wrote, and we read what it wrote', async (_name, make) => {
    const sample = make()
    await seed(layoutStore(ours), sample, 'v1')
    await seed(layoutStore(ours), makeImage(), 'v2')
    expect(await skopeoRaw(`oci:${ours}:v1`)).toEqual(sample.contents.get(sample.root.digest)?.bytes)
    await skopeoCopy(`oci:${ours}:v1`, `oci:${theirs}:copied`)
    const store = layoutStore(theirs)
    expect(await collect(store.tags())).toEqual(['copied'])
    expect(await store.resolve('')).toEqual(sample.root)
    for (const { descriptor, bytes } of sample.contents.values()) {
      expect(await readVerified(store, descriptor)).toEqual(bytes)
    }
  })

  it('takes turns with us in one layout: everybody finds everything', async () => {
    const [first, second, third] = [makeImage(), makeImage(), makeImage()]
    await seed(layoutStore(ours), first, 'first')
    await seed(layoutStore(theirs), second, 'second')
    await skopeoCopy(`oci:${theirs}:second`, `oci:${ours}:second`)
    await seed(layoutStore(ours), third, 'third')
    expect(await collect(layoutStore(ours).tags())).toEqual(['first', 'second', 'third'])
    for (const [at, sample] of [first, second, third].entries()) {
      const name = ['first', 'second', 'third'][at]
      expect((await skopeoInspect(`oci:${ours}:${name}`)).Digest).toBe(sample.root.digest)
      expect(await skopeoConfig(`oci:${ours}:${name}`)).toEqual([...sample.contents.values()][0]?.bytes)
    }
  })

  it('writes images without a name, which we call by no name or latest', async () => {
    const image = makeImage()
    await seed(layoutStore(ours), image, 'v1')
    await skopeo('copy', '--quiet', '--preserve-digests', `oci:${ours}:v1`, `oci:${theirs}`)
    expect(await layoutStore(theirs).resolve('')).toEqual(image.root)
    expect(await layoutStore(theirs).resolve('latest')).toEqual(image.root)
  })
})
