import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isManifestType } from '../../src/model/media-types.ts'
import { type Content, makeImage, makeIndex, type Sample } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { skopeoRaw } from '../helpers/skopeo.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'
import { type Server, startDoor, startOdd } from './serving.ts'

type Answer = { bytes: Buffer; type?: string }
/** What the source answers for one digest instead of the truth. */
type Spoil = (content: Content) => Answer

const flip: Spoil = ({ bytes }) => {
  const wrong = Buffer.from(bytes)
  wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] ?? 0) ^ 1
  return { bytes: wrong }
}
const cut: Spoil = ({ bytes }) => ({ bytes: bytes.subarray(0, bytes.length - 1) })
const grow: Spoil = ({ bytes }) => ({ bytes: Buffer.concat([bytes, Buffer.alloc(1)]) })
const mislabel: Spoil = ({ bytes }) => ({ bytes, type: 'application/vnd.oci.image.index.v1+json' })

realOrSkip('docker-registry', 'skopeo')('copy from a source that is broken', () => {
  const image = makeImage({ layers: [100_000, 3000] })
  const parts = [...image.contents.values()]
  const layer = parts.find(part => part.descriptor.mediaType.includes('layer'))
  const config = parts.find(part => part.descriptor.mediaType.includes('config'))
  const manifest = parts.at(-1)
  let to: Distribution
  let machine: Machine
  let source: Server
  beforeAll(async () => {
    to = await startDistribution()
  })
  // One that knows nothing: what an earlier case has brought to the registry would be mounted, and the source not be read.
  beforeEach(() => {
    machine = makeMachine()
  })
  afterEach(async () => {
    await source.stop()
    machine.remove()
  })
  afterAll(() => to.stop())

  describe.each(['registry', 'layout'])('to a %s', kind => {
    it.each([
      ['a corrupt layer', layer, flip],
      ['a truncated layer', layer, cut],
      ['a layer that is too long', layer, grow],
      ['a corrupt config', config, flip],
      ['a truncated config', config, cut],
      ['a corrupt manifest', manifest, flip],
      ['a manifest that says to be an index', manifest, mislabel],
    ] as const)('%s: exit 7, the digest named, no tag', async (what, part, spoil) => {
      const digest = part?.descriptor.digest ?? ''
      source = await startOdd(serving(image, digest, spoil))
      const name = what.replaceAll(/\W/g, '-').toLowerCase()
      const target = kind === 'registry' ? `${to.host}/broken/${name}:1` : `oci:${name}:1`
      // By digest, so that a corrupt manifest cannot pass for another one.
      const reference = `${source.host}/demo/app@${image.root.digest}`
      const { code, stderr } = await machine.regctl(['copy', reference, target])
      expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining(digest) })
      if (kind === 'registry') expect(await tagged(`${to.url}/v2/broken/${name}`, '1')).toBeUndefined()
      else await expect(skopeoRaw(`oci:${join(machine.home, name)}:1`)).rejects.toThrow()
    })
  })
})

realOrSkip('docker-registry', 'skopeo')('copy that is killed', () => {
  const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7']
  const [before, after] = [makeIndex({ platforms }), makeIndex({ platforms })]
  let from: Distribution
  let to: Distribution
  let machine: Machine
  beforeAll(async () => {
    ;[from, to] = await Promise.all([startDistribution(), startDistribution()])
    machine = makeMachine()
    await pushSample(`${from.url}/v2/demo/app`, after, 'new')
  })
  afterAll(async () => {
    await Promise.all([from.stop(), to.stop()])
    machine.remove()
  })

  it.each([1, 2, 3, 5, 8, 12, 17, 23, 30, 38, 47, 57, 70])(
    'leaves the old tag or the new one, whole: at %i',
    async count => {
      const repository = `killed/app-${count}`
      await pushSample(`${to.url}/v2/${repository}`, before, '1')
      // Both sides are reached through doors that count what the program sends, and kill it there.
      let sent = 0
      let kill = () => {}
      const onSent = () => {
        sent += 1
        if (sent === count) kill()
      }
      const [source, target] = await Promise.all([startDoor(from.host, onSent), startDoor(to.host, onSent)])
      const copy = (during: (child: ChildProcess) => void) =>
        machine.regctl(['copy', `${source.host}/demo/app:new`, `${target.host}/${repository}:1`], { during })
      const { signal, code } = await copy(child => {
        kill = () => child.kill('SIGKILL')
      })
      expect([signal, code]).toContain(sent >= count ? 'SIGKILL' : 0)
      const digest = await tagged(`${to.url}/v2/${repository}`, '1')
      expect([before.root.digest, after.root.digest]).toContain(digest)
      expect(await lacking(`${to.url}/v2/${repository}`, digest === after.root.digest ? after : before)).toEqual([])

      expect((await copy(() => {})).code).toBe(0)
      expect(await tagged(`${to.url}/v2/${repository}`, '1')).toBe(after.root.digest)
      expect(await lacking(`${to.url}/v2/${repository}`, after)).toEqual([])
      await Promise.all([source.stop(), target.stop()])
    },
  )
})

function serving({ contents }: Sample, spoilt: string, spoil: Spoil): Parameters<typeof startOdd>[0] {
  return (request, response) => {
    const digest = request.url?.split('/').at(-1) ?? ''
    const content = [...contents.values()].find(each => each.descriptor.digest === digest)
    if (!content) {
      response.writeHead(request.url === '/v2/' ? 200 : 404).end()
      return
    }
    const { bytes, type } = digest === spoilt ? spoil(content) : { bytes: content.bytes }
    const { mediaType } = content.descriptor
    response.setHeader('content-type', type ?? (isManifestType(mediaType) ? mediaType : 'application/octet-stream'))
    response.setHeader('docker-content-digest', digest)
    response.setHeader('content-length', bytes.length)
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : bytes)
  }
}
