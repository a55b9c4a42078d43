import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { makeArtifact, makeImage, makeIndex, type Sample } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, tagged } from './raw-registry.ts'
import { type Server, startServe } from './serving.ts'

const artifactType = 'application/vnd.example.signature'
const image = makeImage()
const seal = makeArtifact({ artifactType, subject: image.root })
const sealOfSeal = makeArtifact({ artifactType, subject: seal.root })
const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })
const sealOfIndex = makeArtifact({ artifactType, subject: index.root })
const tagOf = ({ digest }: Descriptor) => `${digest.replace(':', '-')}.sig`
const cosigned = makeArtifact({ artifactType })

/** What is copied, and all that has to be there at the end. */
const worlds: [string, Sample, Sample[]][] = [
  ['image', image, [image, seal, sealOfSeal, cosigned]],
  ['index', index, [index, sealOfIndex]],
  ['artifact', sealOfSeal, [sealOfSeal]],
]

// docker-registry keeps referrers by the tag schema, `regctl serve` by the API: both ways are gone, and a folder between them.
realOrSkip('docker-registry')('copy --referrers --digest-tags, there and back', () => {
  let classic: Distribution
  let modern: Server
  let machine: Machine
  beforeAll(async () => {
    machine = makeMachine()
    classic = await startDistribution()
    modern = await startServe(machine.home)
    const tags = { image, index, artifact: sealOfSeal, seal, sealOfSeal, sealOfIndex, [tagOf(image.root)]: cosigned }
    writeLayout(join(machine.home, 'source'), tags)
  })
  afterAll(async () => {
    await Promise.all([classic.stop(), modern.stop()])
    machine.remove()
  })

  it.each(worlds)('%s: layout, docker-registry, regctl serve, layout, docker-registry', async (tag, root, all) => {
    const way = [
      `oci:source:${tag}`,
      `${classic.host}/first/${tag}:1`,
      `${modern.host}/second/${tag}:1`,
      `oci:third-${tag}:1`,
      `${classic.host}/fourth/${tag}:1`,
    ]
    for (const [at, place] of way.entries()) {
      if (at === 0) continue
      const result = await machine.json(['copy', way[at - 1] ?? '', place, '--referrers', '--digest-tags'])
      expect(result, place).toMatchObject({ digest: root.root.digest, referrers: { skipped: 0 } })
      const again = await machine.json(['copy', way[at - 1] ?? '', place, '--referrers', '--digest-tags'])
      expect(again, place).toMatchObject({ referrers: { copied: 0 }, manifests: { copied: 0 }, blobs: { copied: 0 } })
    }
    expect(await tagged(`${classic.url}/v2/fourth/${tag}`, '1')).toBe(root.root.digest)
    for (const sample of all) expect(await lacking(`${classic.url}/v2/fourth/${tag}`, sample)).toEqual([])
    if (tag === 'image')
      expect(await tagged(`${classic.url}/v2/fourth/${tag}`, tagOf(image.root))).toBe(cosigned.root.digest)
  })

  it.each([
    [['--artifact-type', 'a/b'], '--referrers'],
    [['--referrers', '--artifact-type'], '--artifact-type'],
  ])('refuses %j with exit 2', async (flags, says) => {
    const { code, stderr } = await machine.regctl(['copy', 'oci:source:image', 'oci:never:1', ...flags])
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
  })
})
