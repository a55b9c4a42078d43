import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoInspect, skopeoRaw } from '../helpers/skopeo.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'

const arm64 = makeImage({ platform: 'linux/arm64' })
const docker = makeImage({ platform: 'linux/s390x', docker: true })
const index = makeIndex({ platforms: ['linux/amd64', 'linux/386'], attestations: true })

realOrSkip('docker-registry', 'skopeo')('indexes', () => {
  let from: Distribution
  let to: Distribution
  let machine: Machine
  beforeAll(async () => {
    ;[from, to] = await Promise.all([startDistribution(), startDistribution()])
    machine = makeMachine()
    for (const [tag, sample] of Object.entries({ arm64, docker, index })) {
      await pushSample(`${from.url}/v2/demo/app`, sample, tag)
    }
  })
  afterAll(async () => {
    await Promise.all([from.stop(), to.stop()])
    machine.remove()
  })

  const image = (tag: string) => `${from.host}/demo/app:${tag}`
  const entriesOf = async (place: string): Promise<{ digest: string; platform?: { architecture: string } }[]> =>
    JSON.parse((await skopeoRaw(place)).toString()).manifests

  it('are made of images elsewhere, whole, and every platform of them can be read', async () => {
    const place = `${to.host}/made/app:v1`
    const { digest } = await machine.json(['index', 'create', place, image('index'), image('arm64'), image('docker')])
    expect(await tagged(`${to.url}/v2/made/app`, 'v1')).toBe(digest)
    expect((await entriesOf(place)).map(({ platform }) => platform?.architecture)).toEqual([
      'amd64',
      '386',
      'unknown',
      'unknown',
      'arm64',
      's390x',
    ])
    for (const sample of [arm64, docker]) expect(await lacking(`${to.url}/v2/made/app`, sample)).toEqual([])
    for (const architecture of ['amd64', '386', 'arm64', 's390x']) {
      expect(await skopeoInspect(place, { platform: `linux/${architecture}` })).toMatchObject({
        Architecture: architecture,
      })
    }
  })

  it.each(['oci:work', 'oci-archive:work.tar'])('grow in %s, and come back', async folder => {
    await machine.json(['index', 'create', `${folder}:v1`, image('arm64')])
    await machine.json(['index', 'add', `${folder}:v1`, image('index'), '--platform', 'linux/amd64'])
    const { digest } = await machine.json(['index', 'remove', `${folder}:v1`, '--platform', 'linux/arm64'])
    const place = `${to.host}/back/${folder.split(':')[0]}:v1`
    expect((await machine.json(['copy', `${folder}:v1`, place])).digest).toBe(digest)
    expect((await entriesOf(place)).map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'unknown'])
  })

  it('are Docker manifest lists where all images are Docker’s', async () => {
    const place = `${to.host}/list/app:v1`
    const { mediaType } = await machine.json(['index', 'create', place, image('docker')])
    expect(mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
    expect(await skopeoInspect(place, { platform: 'linux/s390x' })).toMatchObject({ Architecture: 's390x' })
  })
})
