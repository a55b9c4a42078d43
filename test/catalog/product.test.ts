import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeProduct } from '../../src/catalog/product.ts'
import { rememberedProducts } from '../../src/catalog/remembered.ts'
import { createNet, type FakeAnswer } from '../auth/net.ts'
import { createDistribution } from '../helpers/registries/distribution.ts'
import { createHarbor } from '../helpers/registries/harbor.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { meet } from '../helpers/registries/meet.ts'
import { createNexus } from '../helpers/registries/nexus.ts'

const day = 24 * 3600 * 1000
const bearer = (realm: string, service: string): FakeAnswer => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="${realm}",service="${service}"` },
})

describe('which product a host is', () => {
  it.each<[name: string, v2: FakeAnswer, status: FakeAnswer | undefined, product: string]>([
    ['Harbor by its token service', bearer('https://r.test/service/token', 'harbor-registry'), undefined, 'harbor'],
    [
      'Harbor by its Basic realm',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="harbor"' } },
      undefined,
      'harbor',
    ],
    ['Nexus by its name', { status: 401, headers: { server: 'Nexus/3.70.1-02 (OSS)' } }, undefined, 'nexus'],
    [
      'Nexus by its Basic realm',
      { status: 401, headers: { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' } },
      undefined,
      'nexus',
    ],
    [
      'Nexus whose name a proxy hides, by its REST',
      bearer('https://r.test/v2/token', 'https://r.test/v2/token'),
      { status: 200 },
      'nexus',
    ],
    [
      'a web server with a page for everything',
      bearer('https://r.test/v2/token', 'x'),
      { status: 200, text: '<!doctype html>' },
      'registry',
    ],
    ['a token server of somebody else', bearer('https://auth.test/token', 'registry.test'), undefined, 'registry'],
    ['an open registry', { status: 200 }, undefined, 'registry'],
    [
      'a service that only sounds like Harbor',
      bearer('https://r.test/token', 'harbor-registry.evil'),
      undefined,
      'registry',
    ],
  ])('%s', async (_, v2, status, product) => {
    const net = createNet({
      'https://r.test': ({ url }) => (url.endsWith('/v2/') ? v2 : (status ?? { status: 404, text: 'no' })),
    })
    expect((await probeProduct({ baseUrl: 'https://r.test', send: net.send })).product).toBe(product)
    expect(net.arrived.every(({ authorization }) => authorization === undefined)).toBe(true)
    expect(net.arrived.length).toBeLessThanOrEqual(3)
  })

  it.each([
    ['docker-hub', createHub().hosts, 'docker.io', 0],
    ['harbor', createHarbor().hosts, 'harbor.example', 1],
    ['nexus', createNexus().hosts, 'nexus.example', 2],
    ['nexus', createNexus().hosts, 'nexus.example:8082', 3],
    ['nexus', createNexus({ context: '/nexus' }).hosts, 'nexus.example', 3],
    ['nexus', createNexus({ quirks: { hidden: true } }).hosts, 'nexus.example', 2],
    ['registry', createDistribution().hosts, 'registry.example:5000', 1],
  ])('%s is found out once, and remembered in the next run', async (product, hosts, registry, requests) => {
    const home = await mkdtemp(join(tmpdir(), 'regctl-product-'))
    const first = await meet(hosts, { home })
    expect((await first.client.catalog(registry)).product).toBe(product)
    expect((await first.client.catalog(registry)).product).toBe(product)
    expect(first.world.arrivals).toHaveLength(requests)
    const second = await meet(hosts, { home })
    expect((await second.client.catalog(registry)).product).toBe(product)
    expect(second.world.arrivals).toHaveLength(0)
  })

  it('is what the configuration says, without asking', async () => {
    const home = await mkdtemp(join(tmpdir(), 'regctl-product-'))
    const config = join(home, 'config.json')
    await writeFile(config, '{ "hosts": { "registry.example:5000": { "product": "harbor" } } }')
    const { client, world } = await meet(createDistribution().hosts, { home, env: { REGCTL_CONFIG: config } })
    expect((await client.catalog('registry.example:5000')).product).toBe('harbor')
    expect(world.arrivals).toHaveLength(0)
  })
})

describe('remembered products', () => {
  const folder = () => mkdtemp(join(tmpdir(), 'regctl-products-'))

  it('last a week, and a day where the product was none that we know', async () => {
    const state = await folder()
    const at = (now: number) => rememberedProducts(state, () => now)
    await at(0).keep('harbor.example', { product: 'harbor' })
    await at(0).keep('plain.example', { product: 'registry' })
    expect([await at(day - 1).of('harbor.example'), await at(day - 1).of('plain.example')]).toEqual([
      { product: 'harbor' },
      { product: 'registry' },
    ])
    expect([await at(day).of('harbor.example'), await at(day).of('plain.example')]).toEqual([
      { product: 'harbor' },
      undefined,
    ])
    expect(await at(7 * day).of('harbor.example')).toBeUndefined()
    expect(await at(-1).of('harbor.example')).toBeUndefined()
  })

  it.each([
    '',
    'null',
    '[]',
    '{"harbor.example":{"product":"oracle","at":0}}',
    '{"harbor.example":"harbor"}',
    '{"harbor.ex',
    // T18: it would become a part of an address.
    '{"harbor.example":{"product":"nexus","context":"/../..","at":0}}',
    '{"harbor.example":{"product":"nexus","context":"@evil.test","at":0}}',
    '{"harbor.example":{"product":"nexus","at":0}}',
  ])('survive a damaged file: %s', async text => {
    const state = await folder()
    await writeFile(join(state, 'products.json'), text)
    const products = rememberedProducts(state, () => 1)
    expect(await products.of('harbor.example')).toBeUndefined()
    await products.keep('harbor.example', { product: 'nexus', context: '/nexus' })
    expect(await products.of('harbor.example')).toEqual({ product: 'nexus', context: '/nexus' })
    expect(JSON.parse(await readFile(join(state, 'products.json'), 'utf8'))).toEqual({
      'harbor.example': { product: 'nexus', context: '/nexus', at: 1 },
    })
  })

  it('T1: are for this host alone, and never by a part of its name', async () => {
    const products = rememberedProducts(await folder())
    await products.keep('harbor.example', { product: 'harbor' })
    for (const other of ['harbor.example:8443', 'evil-harbor.example', 'harbor.example.evil.test', '__proto__']) {
      expect(await products.of(other)).toBeUndefined()
    }
  })
})
