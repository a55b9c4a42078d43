import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contextsIn, findContext } from '../../src/catalog/nexus-context.ts'
import { searchRegistry } from '../../src/catalog/search.ts'
import { createNet, type FakeAnswer } from '../auth/net.ts'
import { makeImage } from '../helpers/images.ts'
import { all, meet } from '../helpers/registries/meet.ts'
import { createNexus, type NexusOptions } from '../helpers/registries/nexus.ts'

const host = 'nexus.example'
const connector = 'nexus.example:8082'
const baseUrl = 'https://r.test'
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

describe('the context path of a Nexus', () => {
  it.each([
    ['https://r.test/nexus/repository/docker-hosted/v2/token', ['/nexus']],
    ['https://r.test/tools/nexus/v2/token', ['/tools/nexus']],
    ['https://r.test/repository/docker-hosted/v2/token', []],
    ['https://r.test/v2/token', []],
    ['https://r.test/nexus/token', []],
    // T18: no part of it is taken as it stands.
    ['https://r.test/%2e%2e/a/v2/token', ['/a']],
    ['https://r.test/a%20b/v2/token', []],
    ['https://r.test/.hidden/v2/token', []],
    ['https://other.test/nexus/v2/token', []],
    ['Sonatype Nexus Repository Manager', []],
  ])('a realm of %j hints at %j', (realm, hints) => {
    expect(contextsIn([realm], baseUrl)).toEqual(hints)
  })

  const empty: FakeAnswer = { status: 200 }
  it.each<[what: string, answers: Record<string, FakeAnswer>, isNexus: boolean, context: string | undefined]>([
    ['none', { '': empty }, false, ''],
    ['the usual one', { '/nexus': empty }, false, '/nexus'],
    ['one that was hinted at', { '/tools': empty, '/nexus': empty }, false, '/tools'],
    ['a page for every address', { '': { status: 200, text: '<!doctype html>' } }, true, undefined],
    ['a login that is wanted, where it is Nexus for sure', { '': { status: 403 } }, true, ''],
    ['a login that is wanted, where nobody knows', { '': { status: 403 } }, false, undefined],
    ['a refusal by its name', { '/nexus': { status: 401, headers: { server: 'Nexus/3.90' } } }, false, '/nexus'],
  ])('%s', async (_, answers, isNexus, context) => {
    const net = createNet({
      [baseUrl]: ({ url }) => answers[new URL(url).pathname.replace('/service/rest/v1/status', '')] ?? { status: 404 },
    })
    expect(await findContext({ baseUrl, send: net.send }, { hints: ['/tools'], isNexus })).toBe(context)
    expect(net.arrived.length).toBeLessThanOrEqual(3)
  })
})

async function nexusWith(options: NexusOptions = {}) {
  const nexus = createNexus(options)
  await nexus.contents.push('docker-hosted/nginx', makeImage(), '1.27', 'latest')
  await nexus.contents.push('docker-hosted/team/app', makeImage(), 'v1')
  await nexus.contents.push('docker-proxy/library/alpine', makeImage(), '3.20')
  return nexus
}

describe('a Nexus below a context path', () => {
  it.each([{}, { quirks: { hidden: true } }])('is found with %j, and its interface used', async more => {
    const { client, world } = await meet((await nexusWith({ context: '/nexus', ...more })).hosts)
    const catalog = await client.catalog(host)
    expect(names(await all(catalog.repositories({ prefix: 'docker-hosted' })))).toEqual([
      'docker-hosted/nginx',
      'docker-hosted/team/app',
    ])
    expect(names(await searchRegistry(catalog, 'alpine', {}))).toEqual(['docker-proxy/library/alpine'])
    expect(world.at(host).filter(line => line.startsWith('GET /nexus/service/rest/v1/search'))).toHaveLength(2)
  })

  it('whose name is not the usual one is found by its realm', async () => {
    const { client } = await meet((await nexusWith({ context: '/tools/repo' })).hosts)
    const [first] = await all((await client.catalog(host)).repositories())
    expect(first).toMatchObject({ name: 'docker-hosted/nginx', artifacts: 2 })
  })
})

describe('the address of its interface in the configuration', () => {
  const login = { registry: connector, username: 'admin', password: 'admin123' }
  const meetWith = async (settings: object, options: NexusOptions = {}) => {
    const home = mkdtempSync(join(tmpdir(), 'regctl-nexus-'))
    const path = join(home, 'config.json')
    writeFileSync(path, JSON.stringify({ hosts: { [connector]: settings } }))
    const nexus = await nexusWith(options)
    return { nexus, ...(await meet(nexus.hosts, { home, login, env: { REGCTL_CONFIG: path } })) }
  }

  it.each(['', '/nexus'])('is that of a repository, for a connector (context %j)', async context => {
    const api = `https://nexus.example${context}/repository/docker-hosted`
    const { client, nexus, world } = await meetWith({ api }, { context, anonymous: false })
    const catalog = await client.catalog(connector)
    expect(catalog.product).toBe('nexus')
    expect(await all(catalog.repositories())).toEqual([
      { name: 'nginx', artifacts: 2, updated: '2024-10-02T10:00:00Z' },
      { name: 'team/app', artifacts: 1, updated: '2024-10-01T10:00:00Z' },
    ])
    expect(names(await all(catalog.repositories({ prefix: 'team' })))).toEqual(['team/app'])
    expect(names(await searchRegistry(catalog, 'app', {}))).toEqual(['team/app'])
    expect(names(await searchRegistry(catalog, 'alpine', {}))).toEqual([])
    const tags = await client.describeTags(await client.openRepository(`${connector}/nginx`), ['1.27', 'latest'])
    expect(tags).toMatchObject([
      { name: '1.27', pushed: '2024-10-01T10:00:00Z' },
      { name: 'latest', pulled: '2024-11-20T08:30:00Z' },
    ])
    await catalog.untag?.('nginx', 'latest')
    expect(names((await nexus.contents.rows('docker-hosted/nginx')) ?? [])).toEqual(['1.27'])
    // T1: the login of the registry went where the configuration says, and nowhere else.
    const shown = world.arrivals.filter(({ headers }) => headers.authorization?.startsWith('Basic '))
    expect(new Set(shown.map(each => each.host))).toEqual(new Set([connector, host]))
  })

  it('may be that of a group, whose images its members have', async () => {
    const { client } = await meetWith({ api: 'https://nexus.example/repository/docker-group' })
    const list = await all((await client.catalog(connector)).repositories())
    expect(names(list)).toEqual(['library/alpine', 'nginx', 'team/app'])
  })

  it.each([
    ['https://nexus.example/other', 'NOT_FOUND'],
    ['https://nexus.example/a%2fb', 'CONFIG_INVALID'],
    ['https://nexus.example/repository/a%2fb', 'CONFIG_INVALID'],
    // T1: a login is not sent where others can read it.
    ['http://nexus.example/repository/docker-hosted', 'CONFIG_INVALID'],
  ])('%s is heard of: %s', async (api, code) => {
    const { client } = await meetWith({ api })
    const listed = client.catalog(connector).then(catalog => all(catalog.repositories()))
    await expect(listed).rejects.toMatchObject({ code })
  })
})
