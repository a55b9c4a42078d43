import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { makeImage, rawImage, type Sample } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { type Machine, makeMachine } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'

const MiB = 1024 * 1024
/** Five images of their own, of which two have a second tag; and two that are no release. */
const tags = ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '2.1.0-rc.1']
const images: [string, Sample][] = tags.map(tag => [tag, makeImage({ layers: 2 })])

realOrSkip('docker-registry')('copy of many tags', () => {
  let from: Distribution
  let to: Distribution
  let machine: Machine
  beforeAll(async () => {
    ;[from, to] = await Promise.all([startDistribution(), startDistribution()])
    machine = makeMachine()
    for (const [tag, sample] of images) await pushSample(`${from.url}/v2/demo/app`, sample, tag)
    await pushSample(`${from.url}/v2/demo/app`, images[2]?.[1] ?? makeImage(), '1.2')
    await pushSample(`${from.url}/v2/demo/app`, images[3]?.[1] ?? makeImage(), 'latest')
  })
  afterAll(async () => {
    await Promise.all([from.stop(), to.stop()])
    machine.remove()
  })

  it.each<[string[], string[]]>([
    [['--all-tags'], ['1.0.0', '1.1.0', '1.2', '1.2.0', '2.0.0', '2.1.0-rc.1', 'latest']],
    [['-a'], ['1.0.0', '1.1.0', '1.2', '1.2.0', '2.0.0', '2.1.0-rc.1', 'latest']],
    [
      ['--tags', '1.*', '--exclude', '1.0*'],
      ['1.1.0', '1.2', '1.2.0'],
    ],
    [
      ['--semver', '^1', '--latest', '2'],
      ['1.1.0', '1.2.0'],
    ],
    [['--latest', '1'], ['2.0.0']],
  ])('%j copies %j', async (flags, expected) => {
    const repository = `many/${flags.join('').replace(/[^a-z0-9]/g, '')}`
    const result = await machine.json(['copy', `${from.host}/demo/app`, `${to.host}/${repository}`, ...flags])
    expect(result).toMatchObject({ totals: { images: { copied: expected.length, failed: 0 } } })
    for (const [tag, sample] of images) {
      const there = await tagged(`${to.url}/v2/${repository}`, tag)
      expect(there, tag).toBe(expected.includes(tag) ? sample.root.digest : undefined)
      if (there) expect(await lacking(`${to.url}/v2/${repository}`, sample)).toEqual([])
    }
  })

  it('shows a table of what was copied, and one line of all', async () => {
    const place = [`${from.host}/demo/app`, `${to.host}/shown/app`]
    const rehearsal = await machine.regctl(['copy', ...place, '--all-tags', '--dry-run'])
    expect(rehearsal.stdout).toMatch(/^TAG +DIGEST +TO COPY\n1\.0\.0 +sha256:/)
    expect(rehearsal.stdout).toContain('a rehearsal: 7 tags: 7 to copy')
    expect(await tagged(`${to.url}/v2/shown/app`, '1.0.0')).toBeUndefined()
    await machine.json(['copy', ...place, '--tags', '1.*'])
    const run = await machine.regctl(['copy', ...place, '--all-tags'])
    expect(run.code).toBe(0)
    expect(run.stdout.split('\n').filter(line => line.includes('sha256:'))).toHaveLength(3)
    expect(run.stdout).toContain('7 tags: 3 copied, 4 unchanged')
    const again = await machine.regctl(['copy', ...place, '--all-tags'])
    expect(again.stdout).toContain('7 tags: 7 unchanged')
    expect(again.stdout).not.toContain('TAG')
  })

  it('ends with 8 when some failed, and the others are done', async () => {
    const place = [`${from.host}/demo/app`, `${to.host}/partly/app`]
    await machine.json(['copy', `${from.host}/demo/app:1.0.0`, `${to.host}/partly/app:2.0.0`])
    const { code, stdout, stderr } = await machine.regctl(['copy', ...place, '-a', '--no-clobber', '--json'])
    expect(code).toBe(8)
    const { images, totals } = JSON.parse(stdout)
    expect(totals.images).toEqual({ copied: 6, unchanged: 0, failed: 1 })
    expect(images.find((image: { reference?: string }) => image.reference)).toEqual({
      reference: '2.0.0',
      error: { code: 'EXISTS', message: expect.stringContaining('names sha256:') },
    })
    expect(stderr).toMatch(/error: the copy failed for 1 of 7 tags of \S+: 2\.0\.0\nhint: 2\.0\.0: /)
    expect(await tagged(`${to.url}/v2/partly/app`, 'latest')).toBe(await tagged(`${from.url}/v2/demo/app`, 'latest'))
  })

  it.each<[string[], number, string]>([
    [['demo/app:1.0', 'TO/x', '-a'], 2, 'it has a tag'],
    [['FROM/demo/app', 'TO/x:1', '--tags', '*'], 2, 'it has a tag'],
    [['FROM/demo/app', 'oci:folder:1', '--tags', '*'], 2, 'leave it out: oci:folder'],
    [['FROM/demo/app', 'docker-archive:file.tar', '-a'], 2, 'use oci-archive:FILE'],
    [['FROM/demo/app', 'TO/x', '--latest', '0'], 2, '--latest'],
    [['FROM/demo/app', 'TO/x', '--latest', 'two'], 2, '--latest'],
    [['FROM/demo/app', 'TO/x', '--semver', '>>1'], 2, 'is not a range of versions'],
    [['FROM/demo/app', 'TO/x', '--tags', '[a'], 2, 'is not a pattern'],
    [['FROM/demo/app', 'TO/x', '--tags', 'none-*'], 3, 'no tag of'],
    [['FROM/no/such', 'TO/x', '-a'], 3, 'no/such'],
    [['oci:nothing', 'TO/x', '-a'], 3, 'there is no image layout'],
  ])('refuses %j with exit %i', async (args, exit, says) => {
    const { code, stderr } = await machine.regctl([
      'copy',
      ...args.map(arg => arg.replace('FROM', from.host).replace('TO', to.host)),
    ])
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)])
  })
})

describe('a copy of many tags that is killed', () => {
  let machine: Machine
  let source: TestServer
  let destination: TestServer
  let way: FaultProxy
  const big = Array.from({ length: 6 }, (_, at) => rawImage([2 * MiB, MiB / 2], `big ${at}`))
  const whole = big.reduce(
    (sum, { contents }) => sum + [...contents.values()].reduce((all, { bytes }) => all + bytes.length, 0),
    0,
  )
  beforeAll(async () => {
    machine = makeMachine()
    source = await startServer()
    destination = await startServer()
    way = await startFaultProxy(destination.host)
    for (const [at, sample] of big.entries()) await pushSample(`${source.url}/v2/big/app`, sample, `v${at}`)
  })
  afterAll(async () => {
    await way.close()
    await Promise.all([source.close(), destination.close()])
    machine.remove()
  })

  it('does only what is left in the next run', { timeout: 120_000 }, async () => {
    const command = ['copy', `${source.host}/big/app`, `${way.host}/big/app`, '--all-tags']
    const kills = 3
    let killed = 0
    for (let kill = 0; kill < kills; kill++) {
      const { signal } = await machine.regctl([...command, '--limit-rate', '6MiB'], {
        during: child => setTimeout(() => child.kill('SIGKILL'), 900),
      })
      if (signal === 'SIGKILL') killed++
    }
    expect(killed).toBeGreaterThan(0)
    const before = way.log.reduce((sum, { up }) => sum + up, 0)
    expect(before / MiB).toBeGreaterThan(1)
    const result = await machine.json(command)
    expect(result).toMatchObject({ totals: { images: { failed: 0 } } })
    const sent = way.log.reduce((sum, { up }) => sum + up, 0)
    // What was on its way goes on at the byte; manifests and small blobs are sent again.
    expect(sent / MiB).toBeLessThan((whole + killed * MiB) / MiB)
    for (const sample of big) expect(await lacking(`${destination.url}/v2/big/app`, sample)).toEqual([])
    const last = await machine.json(command)
    expect(last).toMatchObject({ totals: { images: { copied: 0, unchanged: big.length }, bytes: { copied: 0 } } })
  })
})
