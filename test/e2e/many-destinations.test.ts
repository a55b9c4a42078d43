import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeIndex, rawImage } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'

const MiB = 1024 * 1024
const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })

realOrSkip('docker-registry')('copy to several destinations', () => {
  let source: TestServer
  let registries: Distribution[]
  let machine: Machine
  beforeAll(async () => {
    machine = makeMachine()
    source = await startServer()
    registries = await Promise.all([1, 2, 3].map(() => startDistribution()))
    await pushSample(`${source.url}/v2/demo/app`, index, '1')
    writeLayout(join(machine.home, 'layout'), { one: index })
  })
  afterAll(async () => {
    await Promise.all([source.close(), ...registries.map(registry => registry.stop())])
    machine.remove()
  })
  const places = (path: string) => registries.map(({ host }) => `${host}/${path}`)

  it('brings an index to three registries and a folder, and reads the source once', async () => {
    source.requests.length = 0
    const to = [...places('from/registry:1'), 'oci:folder:1']
    const result = await machine.json(['copy', `${source.host}/demo/app:1`, ...to])
    expect(result).toMatchObject({ destinations: to.map(() => ({ digest: index.root.digest })) })
    const fetched = source.requests.filter(({ method }) => method === 'GET').map(({ url }) => url)
    expect(fetched).toHaveLength(index.contents.size)
    expect(new Set(fetched).size).toBe(fetched.length)
    for (const { url } of registries) expect(await lacking(`${url}/v2/from/registry`, index)).toEqual([])
    const again = await machine.json(['copy', `${source.host}/demo/app:1`, ...to])
    expect(again).toMatchObject({ destinations: to.map(() => ({ manifests: { copied: 0 }, blobs: { copied: 0 } })) })
  })

  it('shows a row for each, and ends with 8 when one failed', async () => {
    const [first = '', second = ''] = places('shown/app:1')
    const { code, stdout, stderr } = await machine.regctl(['copy', 'oci:layout:one', first, '127.0.0.1:1/x:1', second])
    expect([code, stderr]).toEqual([8, expect.stringContaining('the copy failed for 1 of 3 destinations')])
    expect(stdout).toMatch(/^DESTINATION +COPIED\n/)
    expect(stdout).toMatch(/127\.0\.0\.1:1\/x:1 +\S+/)
    expect(stdout).toContain(index.root.digest)
    for (const { url } of registries.slice(0, 2))
      expect(await tagged(`${url}/v2/shown/app`, '1')).toBe(index.root.digest)
  })

  it('killed in the middle, the next run does only what is left', { timeout: 90_000 }, async () => {
    const big = rawImage([24 * MiB, 8 * MiB], 'to be killed')
    await pushSample(`${source.url}/v2/big/app`, big, '1')
    const command = ['copy', `${source.host}/big/app:1`, ...places('big/app:1').slice(0, 2)]
    const killed = await machine.regctl([...command, '--limit-rate', '16MiB'], {
      during: child => setTimeout(() => child.kill('SIGKILL'), 1500),
    })
    expect(killed.signal).toBe('SIGKILL')
    const result = await machine.json(command)
    expect(result).toMatchObject({ destinations: [{ digest: big.root.digest }, { digest: big.root.digest }] })
    for (const { url } of registries.slice(0, 2)) expect(await lacking(`${url}/v2/big/app`, big)).toEqual([])
  })

  it.each<[string[], number, string]>([
    [['oci:layout:one', 'oci:x:1', 'oci:x:1'], 2, 'is named twice'],
    [['oci:layout:one', 'oci:x:1', 'UPPER'], 2, 'UPPER'],
    [['oci:layout:none', 'oci:x:1', 'oci:y:1'], 3, 'none'],
    [['oci:layout', 'oci:x', 'oci:y', '-a'], 2, 'one destination at a time'],
    [['oci:layout:one'], 2, 'needs DESTINATION'],
  ])('refuses %j with exit %i', async (args, exit, says) => {
    const { code, stderr } = await machine.regctl(['copy', ...args])
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)])
  })
})
