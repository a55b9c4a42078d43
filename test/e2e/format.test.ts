import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mediaTypes } from '../../src/model/media-types.ts'
import { makeArtifact, makeImage, makeIndex } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoCopy, skopeoInspect, skopeoRaw } from '../helpers/skopeo.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'

const platforms = ['linux/amd64', 'linux/arm64/v8']
const samples = {
  image: makeImage({ layers: 2 }),
  docker: makeImage({ docker: true }),
  index: makeIndex({ platforms, attestations: true }),
  list: makeIndex({ platforms, docker: true }),
  artifact: makeArtifact({ artifactType: 'application/vnd.example.thing' }),
}

realOrSkip('docker-registry', 'skopeo')('copy --format', () => {
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    machine = makeMachine()
    registry = await startDistribution()
    writeLayout(join(machine.home, 'source'), samples)
  })
  afterAll(async () => {
    await registry.stop()
    machine.remove()
  })

  it.each([
    ['image', 'docker', mediaTypes.dockerManifest],
    ['docker', 'oci', mediaTypes.ociManifest],
    ['index', 'docker', mediaTypes.dockerList],
    ['list', 'oci', mediaTypes.ociIndex],
  ] as const)('%s to %s: skopeo reads all of it', async (tag, format, mediaType) => {
    const place = `${registry.host}/${format}/${tag}:1`
    const result = await machine.json(['copy', `oci:source:${tag}`, place, '--format', format])
    expect(result).toMatchObject({ mediaType, convertedFrom: samples[tag].root.digest })
    expect(JSON.parse((await skopeoRaw(place)).toString())).toMatchObject({ schemaVersion: 2, mediaType })
    await skopeoCopy(place, `dir:${mkdtempSync(join(machine.home, 'read-'))}`)
    expect(await skopeoInspect(place, { platform: 'linux/amd64' })).toMatchObject({ Architecture: 'amd64' })
    const back = `${registry.host}/back/${tag}:1`
    const other = format === 'oci' ? 'docker' : 'oci'
    const [there, again] = [
      await machine.json(['inspect', place, '--platform', 'linux/amd64']),
      await machine
        .json(['copy', place, back, '--format', other])
        .then(() => machine.json(['inspect', back, '--platform', 'linux/amd64'])),
    ]
    expect(again.id).toBe(there.id)
  })

  it('tells the old digest and the new one', async () => {
    const { stdout, stderr } = await machine.regctl(['copy', 'oci:source:image', 'oci:told:1', '--format', 'docker'])
    const { digest } = samples.image.root
    expect(stdout).toMatch(new RegExp(`^${digest} -> sha256:[0-9a-f]{64}$`, 'm'))
    expect(stderr).toContain(`warning: oci:source: ${digest} becomes sha256:`)
  })

  it.each<[string[], number, string]>([
    [['oci:source:artifact', 'oci:x:1', '--format', 'docker'], 1, 'and no image'],
    [['oci:source:image', 'oci:x:1', '--format', 'v1'], 2, '--format'],
    [['oci:source:image', 'oci:x:1', '--format', 'oci', '--referrers'], 2, '--referrers'],
    [['oci:source:image', 'oci:x:1', '--format', 'oci', '--digest-tags'], 2, '--digest-tags'],
  ])('refuses %j with exit %i', async (args, exit, says) => {
    const { code, stderr } = await machine.regctl(['copy', ...args])
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)])
  })
})
