import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { layoutRepositories } from '../../src/server/layout-repositories.ts'
import { expectWhole, give, image, withClient } from '../faults/rows.ts'
import { testClient } from '../helpers/client.ts'
import { ownTime } from '../helpers/clock.ts'
import { type FaultProxy, type Rule, startFaultProxy } from '../helpers/fault-proxy.ts'
import * as faults from '../helpers/faults.ts'
import { rawImage, type Sample } from '../helpers/images.ts'
import { realOrSkip, startDistribution } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { startTokenServer } from '../helpers/token-server.ts'

const isCi = process.env.CI === 'true'
/** Milliseconds that the source is away; patience is what the program has, or as much in proportion. */
const [outage, patience] = isCi ? [20_000, 60_000] : [2000, 6000]
const size = [...image.contents.values()].reduce((sum, { descriptor }) => sum + descriptor.size, 0)
const slack = 64 * 1024

let folder: string
let ends: (() => Promise<unknown>)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regctl-survive-'))
  ends = []
})
afterEach(async () => {
  for (const end of ends.toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
})

/** Our own server, with the image in it as `demo/app:new` when it is a source. */
async function serve(kind: 'source' | 'destination', sample: Sample = image): Promise<string> {
  const server = await startServer()
  ends.push(() => server.close())
  if (kind === 'source') await withClient(client => give(client, `${server.host}/demo/app:new`, sample))
  return server.host
}

async function way(to: string, ...rules: Rule[]): Promise<FaultProxy> {
  const proxy = await startFaultProxy(to, rules)
  ends.push(() => proxy.close())
  return proxy
}

async function run(from: string, to: string, { stallTimeout = 5, signal }: RunOptions = {}) {
  const client = await testClient({ patience, flags: { stallTimeout } })
  try {
    const target = await client.open(`${to}/demo/app:new`, { write: true })
    return await copy(await client.open(`${from}/demo/app:new`), target, { signal, journals: join(folder, 'copies') })
  } finally {
    client.close()
  }
}

interface RunOptions {
  /** Seconds. */
  stallTimeout?: number
  signal?: AbortSignal
}

const layerAt = (on: Rule['on'], times: number, fault: faults.Fault): Rule => ({ on, path: largest, times, fault })
const largest = new RegExp(layerOf(image))

/** The hex of its largest blob. */
function layerOf({ contents }: Sample): string {
  const [layer] = [...contents.values()].toSorted((one, other) => other.descriptor.size - one.descriptor.size)
  return layer?.descriptor.digest.replace('sha256:', '') ?? ''
}

describe('a copy survives', () => {
  it(`a source that is away for ${outage / 1000} s in the middle of a layer`, { timeout: 90_000 }, async () => {
    const dies = { ...faults.cutResponse(500_000), ...faults.away(outage) }
    const source = await way(await serve('source'), layerAt('GET blob', 1, dies))
    const destination = await serve('destination')
    await run(source.host, destination)
    await expectWhole(`${destination}/demo/app:new`, image)
    expect(source.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })

  it('a destination that is away for a while in the middle of a layer', { timeout: 90_000 }, async () => {
    const dies = { ...faults.cutRequest(500_000), ...faults.away(outage) }
    const destination = await serve('destination')
    const through = await way(destination, layerAt('PUT upload', 1, dies))
    await run(await serve('source'), through.host)
    await expectWhole(`${destination}/demo/app:new`, image)
    expect(through.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })

  it('a destination that is restarted in the middle of a layer, and goes on where it was', async () => {
    const open = (port?: number) =>
      startServer({ repositories: layoutRepositories(join(folder, 'registry')), ...(port !== undefined && { port }) })
    let server = await open()
    const { host } = server
    ends.push(() => server.close())
    const through = await way(host, layerAt('PUT upload', 1, faults.stallRequest(500_000, 300)))
    const copying = run(await serve('source'), through.host)
    await expect.poll(() => through.log.some(({ up }) => up >= 500_000)).toBe(true)
    await server.close()
    server = await open(Number(host.split(':')[1]))
    await copying
    await expectWhole(`${host}/demo/app:new`, image)
    expect(through.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })

  it('a Location that changes at each answer, and a cut in each body', async () => {
    const changing = faults.writeLocation('query')
    const destination = await serve('destination')
    const through = await way(
      destination,
      { on: 'POST uploads', fault: changing },
      { on: 'GET upload', fault: changing },
      layerAt('PUT upload', 1, faults.cutRequest(300_000)),
      { on: 'PATCH upload', times: 2, fault: faults.cutRequest(200_000) },
      { on: 'PATCH upload', fault: changing },
    )
    await run(await serve('source'), through.host)
    await expectWhole(`${destination}/demo/app:new`, image)
    expect(through.count('PATCH upload')).toBe(3)
    expect(through.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })

  it('an upload that an earlier run began, and goes on with it', async () => {
    const { through, sent } = await afterStopped()
    expect(through.count('PATCH upload')).toBe(1)
    expect(sent).toBeLessThanOrEqual(1.1 * 2_000_000 + slack)
  })

  it('an upload that an earlier run began and the registry has lost since', async () => {
    const { through, sent } = await afterStopped({ on: 'GET upload', fault: faults.loseSession })
    expect(through.count('GET upload')).toBe(1)
    expect(sent).toBeLessThanOrEqual(1.6 * 2_000_000 + slack)
  })

  /** A copy that was stopped in the middle of a layer, and another run of it. */
  async function afterStopped(...rules: Rule[]) {
    const sample = rawImage([2_000_000], 'stopped')
    const destination = await serve('destination')
    const source = await serve('source', sample)
    const through = await way(destination, {
      on: 'PUT upload',
      path: new RegExp(layerOf(sample)),
      times: 1,
      fault: faults.stallRequest(1_000_000),
    })
    const stop = new AbortController()
    const first = run(source, through.host, { signal: stop.signal, stallTimeout: 60 })
    await expect.poll(() => through.log.some(({ up }) => up >= 1_000_000)).toBe(true)
    stop.abort(new Error('stopped'))
    await expect(first).rejects.toThrow('stopped')
    through.rules.unshift(...rules)
    await run(source, through.host)
    await expectWhole(`${destination}/demo/app:new`, sample)
    return { through, sent: through.moved() }
  }

  it('a body that stalls: it is opened again within the stall timeout and a second', async () => {
    const stallTimeout = 0.5
    const heads: number[] = []
    const time = ownTime()
    ends.push(async () => time.close())
    const noting: faults.Fault = {
      rewrite: head => {
        heads.push(time.now())
        return head
      },
    }
    const source = await way(
      await serve('source'),
      layerAt('GET blob', 1, { ...noting, ...faults.stallResponse(500_000) }),
      layerAt('GET blob', 1, noting),
    )
    const destination = await serve('destination')
    await run(source.host, destination, { stallTimeout })
    await expectWhole(`${destination}/demo/app:new`, image)
    expect(heads).toHaveLength(2)
    expect(((heads[1] ?? 0) - (heads[0] ?? 0)) / 1000).toBeLessThanOrEqual(stallTimeout + 1)
    expect(source.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })
})

realOrSkip('docker-registry')('a copy survives, with docker-registry', () => {
  it('a destination that is restarted in the middle of a layer', async () => {
    const destination = await startDistribution()
    ends.push(() => destination.stop())
    const through = await way(destination.host, layerAt('PUT upload', 1, faults.stallRequest(500_000, 300)))
    const copying = run(await serve('source'), through.host)
    await expect.poll(() => through.log.some(({ up }) => up >= 500_000)).toBe(true)
    await destination.restart()
    await copying
    await expectWhole(`${destination.host}/demo/app:new`, image)
    expect(through.moved()).toBeLessThanOrEqual(2.1 * size + slack)
  })

  it('a token that ends during a layer, whose body then breaks', async () => {
    const lifetime = { seconds: 300 }
    const tokens = await startTokenServer({
      grants: { '': { 'demo/app': ['pull', 'push'] } },
      get lifetime() {
        return lifetime.seconds
      },
    })
    const { realm, service, issuer, certificate } = tokens
    const registry = await startDistribution({ token: { realm, service, issuer, rootcertbundle: certificate } })
    ends.push(
      () => tokens.close(),
      () => registry.stop(),
    )
    await withClient(client => give(client, `${registry.host}/demo/app:new`, image))
    // The registry adds 60 seconds to a token's life: these have two.
    lifetime.seconds = -58
    const source = await way(registry.host, layerAt('GET blob', 1, { late: 3500, ...faults.cutResponse(500_000) }))
    const destination = await serve('destination')
    tokens.requests.length = 0
    await run(source.host, destination)
    expect(tokens.requests.length).toBeGreaterThan(1)
    await expectWhole(`${destination}/demo/app:new`, image)
    expect(source.moved()).toBeLessThanOrEqual(1.1 * size + slack)
  })
})
