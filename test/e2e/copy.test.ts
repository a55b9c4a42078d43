import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { algorithmOf, encodedOf } from '../../src/model/digest.ts'
import { makeArtifact, makeImage, makeIndex, type Sample } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoCopy, skopeoInspect, skopeoRaw } from '../helpers/skopeo.ts'
import { writeLayout } from './layout-folder.ts'
import { duplicateLayers, foreignLayer, sha512, zeroByteBlob } from './odd-samples.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'
import { type Server, startServe } from './serving.ts'

const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7']
const samples: Record<string, Sample> = {
  image: makeImage({ layers: 3 }),
  docker: makeImage({ docker: true }),
  index: makeIndex({ platforms, attestations: true }),
  list: makeIndex({ platforms, docker: true }),
  nested: makeIndex({ platforms, nested: true }),
  artifact: makeArtifact({ artifactType: 'application/vnd.example.thing' }),
  'duplicate-layers': duplicateLayers(),
  'zero-byte-blob': zeroByteBlob(),
  'foreign-layer': foreignLayer(),
}
/** skopeo 1.9.3 reads these whole; of the others it reads the root. */
const plain = ['image', 'docker', 'index', 'list', 'duplicate-layers']
const each = Object.entries(samples)

realOrSkip('docker-registry', 'skopeo')('copy', () => {
  let from: Distribution
  let to: Distribution
  let machine: Machine
  beforeAll(async () => {
    ;[from, to] = await Promise.all([startDistribution(), startDistribution()])
    machine = makeMachine()
    writeLayout(join(machine.home, 'source'), samples)
    for (const [tag, sample] of each) await pushSample(`${from.url}/v2/demo/app`, sample, tag)
  })
  afterAll(async () => {
    await Promise.all([from.stop(), to.stop()])
    machine.remove()
  })

  it.each(each)('registry to registry: %s', async (tag, sample) => {
    const target = `${to.host}/from/registry-${tag}:${tag}`
    const result = await machine.json(['copy', `${from.host}/demo/app:${tag}`, target])
    expect(result).toMatchObject({ digest: sample.root.digest, mediaType: sample.root.mediaType })
    await expectInRegistry(`from/registry-${tag}`, tag, sample)
  })

  it.each(each)('layout to registry: %s', async (tag, sample) => {
    const result = await machine.json(['copy', `oci:source:${tag}`, `${to.host}/from/layout-${tag}:${tag}`])
    expect(result).toMatchObject({ digest: sample.root.digest })
    await expectInRegistry(`from/layout-${tag}`, tag, sample)
  })

  it.each(each)('registry to layout: %s', async (tag, sample) => {
    const result = await machine.json(['copy', `${from.host}/demo/app:${tag}`, `oci:copies:${tag}`])
    expect(result).toMatchObject({ digest: sample.root.digest })
    const folder = join(machine.home, 'copies')
    expect(lackingFiles(folder, sample)).toEqual([])
    // skopeo 1.9.3 finds no Docker media types in a layout.
    if (tag === 'docker' || tag === 'list') return
    expect(await skopeoRaw(`oci:${folder}:${tag}`)).toEqual(sample.contents.get(sample.root.digest)?.bytes)
    if (plain.includes(tag)) await skopeoCopy(`oci:${folder}:${tag}`, emptyFolder())
  })

  it('copies to a digest and without a tag', async () => {
    const { digest } = samples.image?.root ?? {}
    await machine.json(['copy', `${from.host}/demo/app@${digest}`, `${to.host}/by/digest@${digest}`])
    expect(await lacking(`${to.url}/v2/by/digest`, samples.image ?? makeImage())).toEqual([])
  })

  it('moves nothing the second time, with two requests in all', async () => {
    const [source, target] = [`${from.host}/demo/app:index`, `${to.host}/again/app:index`]
    await machine.json(['copy', source, target])
    const before = await logs()
    const result = await machine.json(['copy', source, target])
    const after = await logs()
    expect(result).toMatchObject({ manifests: { copied: 0 }, blobs: { copied: 0 }, bytes: { copied: 0 } })
    expect(after.map((lines, at) => lines.length - (before[at]?.length ?? 0))).toEqual([1, 1])
    expect(result.requests).toEqual({ source: 1, destination: 1 })
  })

  it('costs three requests at most for a missing blob, and fetches none twice', async () => {
    const sample = makeImage({ layers: 8 })
    await pushSample(`${from.url}/v2/cost/app`, sample, 'one')
    const before = await logs()
    await machine.json(['copy', `${from.host}/cost/app:one`, `${to.host}/cost/app:one`])
    const after = await logs()
    const [read = [], written = []] = after.map((lines, at) => lines.slice(before[at]?.length))
    const blobs = sample.contents.size - 1
    expect(written.length).toBeLessThanOrEqual(3 * blobs + 3)
    const fetched = read.filter(line => line.method === 'GET' && line.path.includes('/blobs/')).map(line => line.path)
    expect(fetched.length).toBe(new Set(fetched).size)
    expect(fetched.length).toBe(blobs)
  })

  it('mounts what another repository of the registry has', async () => {
    await machine.json(['copy', `${from.host}/demo/app:image`, `${from.host}/other/app:image`])
    const result = await machine.json(['copy', `${from.host}/demo/app:image`, `${from.host}/third/app:image`])
    expect(result).toMatchObject({ blobs: { copied: 0 } })
    expect(await lacking(`${from.url}/v2/third/app`, samples.image ?? makeImage())).toEqual([])
  })

  it('writes an index anew for --platform, valid and smaller', async () => {
    const flags = ['--platform', 'linux/arm64', '--platform', 'linux/arm/v7']
    const target = `${to.host}/some/app:1`
    const { digest } = await machine.json(['copy', `${from.host}/demo/app:index`, target, ...flags])
    const { manifests }: { manifests: Child[] } = JSON.parse((await skopeoRaw(target)).toString())
    const images = manifests.filter(child => child.platform.os === 'linux')
    expect(images.map(child => child.platform.architecture)).toEqual(['arm64', 'arm'])
    // The attestations of what was left out are left out too.
    const proofs = manifests.filter(child => child.platform.os === 'unknown')
    expect(proofs.map(child => child.annotations?.['vnd.docker.reference.digest'])).toEqual(
      images.map(child => child.digest),
    )
    expect(await tagged(`${to.url}/v2/some/app`, '1')).toBe(digest)
    expect(digest).not.toBe(samples.index?.root.digest)
    await skopeoCopy(target, emptyFolder())
    expect(await skopeoInspect(target, { platform: 'linux/arm64' })).toMatchObject({ Architecture: 'arm64' })
  })

  it('prints a plan for --dry-run and moves nothing', async () => {
    const before = (await to.requests()).length
    const { code } = await machine.regctl(['copy', `${from.host}/demo/app:index`, `${to.host}/dry/app:1`, '--dry-run'])
    expect(code).toBe(0)
    const sent = (await to.requests()).slice(before)
    expect(sent.filter(line => line.method !== 'GET' && line.method !== 'HEAD')).toEqual([])
    expect(await tagged(`${to.url}/v2/dry/app`, '1')).toBeUndefined()
  })

  it('keeps a tag that is there with --no-clobber', async () => {
    const target = `${to.host}/keep/app:1`
    await machine.json(['copy', `${from.host}/demo/app:image`, target])
    await machine.regctl(['copy', `${from.host}/demo/app:index`, target, '--no-clobber'])
    expect(await tagged(`${to.url}/v2/keep/app`, '1')).toBe(samples.image?.root.digest)
  })

  const expectInRegistry = async (repository: string, tag: string, sample: Sample) => {
    expect(await tagged(`${to.url}/v2/${repository}`, tag)).toBe(sample.root.digest)
    expect(await lacking(`${to.url}/v2/${repository}`, sample)).toEqual([])
    const place = `${to.host}/${repository}:${tag}`
    expect(await skopeoRaw(place)).toEqual(sample.contents.get(sample.root.digest)?.bytes)
    if (plain.includes(tag)) await skopeoCopy(place, emptyFolder())
  }
  /** Where skopeo reads everything to. */
  const emptyFolder = () => `dir:${mkdtempSync(join(machine.home, 'read-'))}`
  const logs = () => Promise.all([from.requests(), to.requests()])
})

realOrSkip('skopeo')('copy of sha512 content', () => {
  let server: Server
  let machine: Machine
  beforeAll(async () => {
    machine = makeMachine()
    server = await startServe(machine.home)
  })
  afterAll(async () => {
    await server.stop()
    machine.remove()
  })

  it('keeps its digests through a registry that takes them', async () => {
    const sample = sha512()
    writeLayout(join(machine.home, 'source'), { one: sample })
    const there = await machine.json(['copy', 'oci:source:one', `${server.host}/demo/app:one`])
    const back = await machine.json(['copy', `${server.host}/demo/app@${sample.root.digest}`, 'oci:copy:one'])
    expect([there.digest, back.digest]).toEqual([sample.root.digest, sample.root.digest])
    expect(await lacking(`${server.url}/v2/demo/app`, sample)).toEqual([])
    expect(lackingFiles(join(machine.home, 'copy'), sample)).toEqual([])
  })
})

interface Child {
  digest: string
  platform: { os: string; architecture: string }
  annotations?: Record<string, string>
}

function lackingFiles(folder: string, { contents }: Sample): string[] {
  return [...contents.values()]
    .filter(({ descriptor: { digest }, bytes }) => {
      const path = join(folder, 'blobs', algorithmOf(digest), encodedOf(digest))
      return !existsSync(path) || !readFileSync(path).equals(bytes)
    })
    .map(({ descriptor }) => descriptor.digest)
}
