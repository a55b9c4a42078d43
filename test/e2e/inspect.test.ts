import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mediaTypes } from '../../src/model/media-types.ts'
import { makeArtifact, makeImage, makeIndex, type Sample } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoConfig, skopeoInspect, skopeoRaw } from '../helpers/skopeo.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { pushSample } from './raw-registry.ts'

const variants = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7', 'linux/arm/v6']
const samples: Record<string, Sample> = {
  image: makeImage({ layers: 3, platform: 'linux/arm64/v8' }),
  docker: makeImage({ docker: true }),
  index: makeIndex({ platforms: variants, attestations: true }),
  list: makeIndex({ platforms: variants, docker: true }),
  artifact: makeArtifact({ artifactType: 'application/vnd.example.thing' }),
}

realOrSkip('docker-registry', 'skopeo')('inspect agrees with skopeo', () => {
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    registry = await startDistribution()
    machine = makeMachine()
    for (const [tag, sample] of Object.entries(samples)) await pushSample(`${registry.url}/v2/demo/app`, sample, tag)
    const { docker, list, ...oci } = samples
    writeLayout(`${machine.home}/layout`, oci)
  })
  afterAll(async () => {
    await registry.stop()
    machine.remove()
  })
  /** The place for us and, since skopeo does not run in our home, for skopeo. */
  const places = (where: string, tag: string): [string, string] =>
    where === 'registry'
      ? [`${registry.host}/demo/app:${tag}`, `${registry.host}/demo/app:${tag}`]
      : [`oci:layout:${tag}`, `oci:${machine.home}/layout:${tag}`]

  const all = Object.keys(samples).map(tag => ['registry', tag] as const)
  const layout = ['image', 'index', 'artifact'].map(tag => ['layout', tag] as const)

  it.each([...all, ...layout])('%s %s: --raw is byte for byte', async (where, tag) => {
    const [ours, theirs] = places(where, tag)
    const { code, stdout } = await machine.regctl(['inspect', ours, '--raw'])
    expect(code).toBe(0)
    expect(stdout).toBe((await skopeoRaw(theirs)).toString())
    expect(stdout).toBe(samples[tag]?.contents.get(samples[tag].root.digest)?.bytes.toString())
  })

  it.each([...all, ...layout])('%s %s: the digest', async (where, tag) => {
    const [ours] = places(where, tag)
    expect((await machine.regctl(['digest', ours])).stdout).toBe(`${samples[tag]?.root.digest}\n`)
  })

  describe.each([
    ['registry', 'image', undefined],
    ['registry', 'docker', undefined],
    ['layout', 'image', undefined],
    ...variants.flatMap(platform => [
      ['registry', 'index', platform] as const,
      ['registry', 'list', platform] as const,
      ['layout', 'index', platform] as const,
    ]),
  ] as const)('%s %s %s', (where, tag, platform) => {
    it('has the id, digest, size and architecture that skopeo reports', async () => {
      const [ours, theirs] = places(where, tag)
      const flags = platform ? ['--platform', platform] : []
      const said = await machine.json(['inspect', ours, ...flags])
      const options = platform ? { platform } : {}
      const seen = await skopeoInspect(theirs, options)
      const config = await skopeoConfig(theirs, options)
      const { digest, manifest, size } = expected(samples[tag], platform)
      expect(said).toMatchObject({
        digest,
        id: manifest.config.digest,
        size,
        os: seen.Os,
        architecture: seen.Architecture,
        layers: seen.Layers.map(layer => ({ digest: layer })),
        created: JSON.parse(config.toString()).created,
        config: { env: seen.Env, labels: seen.Labels },
      })
    })
  })

  it.each(['registry', 'layout'])('%s index: a table of platforms, attestations aside', async where => {
    const said = await machine.json(['inspect', places(where, 'index')[0]])
    expect(said).toMatchObject({ digest: samples.index?.root.digest, mediaType: mediaTypes.ociIndex })
    const platforms = said.platforms as { platform: string; digest: string; attestation?: unknown }[]
    const images = variants.map(platform => [platform, expected(samples.index, platform).digest])
    const named = platforms.filter(each => variants.includes(each.platform))
    expect(named.map(each => [each.platform, each.digest])).toEqual(images)
  })

  it('artifact: its type, and no platform', async () => {
    const said = await machine.json(['inspect', places('registry', 'artifact')[0]])
    expect(said).toMatchObject({ artifactType: 'application/vnd.example.thing', digest: samples.artifact?.root.digest })
    const page = await machine.regctl(['inspect', places('registry', 'artifact')[0]])
    expect({ code: page.code, type: page.stdout.includes('application/vnd.example.thing') }).toEqual({
      code: 0,
      type: true,
    })
  })

  it.each([
    ['a tag that is not there', 'demo/app:nope', [], 3],
    ['a repository that is not there', 'no/such:1', [], 3],
    ['a platform that is not there', 'demo/app:index', ['--platform', 'windows/amd64'], 3],
    ['a bad reference', 'demo/App:1', [], 2],
  ])('%s', async (_, image, flags, exit) => {
    const { code, stdout } = await machine.regctl(['inspect', `${registry.host}/${image}`, ...flags, '--json'])
    expect(code).toBe(exit)
    expect(JSON.parse(stdout).error).toMatchObject({ exit })
  })
})

/** What the sample itself says: the image's digest, its manifest, and the bytes that a pull transfers. */
function expected(sample: Sample | undefined, platform: string | undefined) {
  if (!sample) throw new Error('no such sample')
  const parse = (digest: string) =>
    JSON.parse(sample.contents.get(digest as `${string}:${string}`)?.bytes.toString() ?? '')
  const root = parse(sample.root.digest)
  const digest: string = platform
    ? root.manifests.find((each: { platform: { os: string; architecture: string; variant?: string } }) => {
        const { os, architecture, variant } = each.platform
        return [os, architecture, variant].filter(Boolean).join('/') === platform
      }).digest
    : sample.root.digest
  const manifest = parse(digest)
  const parts = new Map<string, number>()
  for (const part of [manifest.config, ...manifest.layers]) parts.set(part.digest, part.size)
  return { digest, manifest, size: [...parts.values()].reduce((sum, size) => sum + size, 0) }
}
