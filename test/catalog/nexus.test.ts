import { describe, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { all, meet } from '../helpers/registries/meet.ts'
import { createNexus, type NexusOptions } from '../helpers/registries/nexus.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const host = 'nexus.example'
const connector = 'nexus.example:8082'
const admin = { login: { registry: host, username: 'admin', password: 'admin123' } }

async function nexusWith(options: NexusOptions = {}) {
  const nexus = createNexus(options)
  await nexus.contents.push(
    'docker-hosted/nginx',
    makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'] }),
    '1.27',
    'latest',
  )
  await nexus.contents.push('docker-hosted/team/app', makeImage(), 'v1')
  await nexus.contents.push('docker-proxy/library/alpine', makeImage(), '3.20')
  return nexus
}
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

describe('Nexus: repos', () => {
  it.each([
    [undefined, ['docker-hosted/nginx', 'docker-hosted/team/app', 'docker-proxy/library/alpine']],
    ['docker-hosted', ['docker-hosted/nginx', 'docker-hosted/team/app']],
    ['docker-hosted/team', ['docker-hosted/team/app']],
    // A group has its members' images; it is listed when it is named.
    ['docker-group', ['docker-group/library/alpine', 'docker-group/nginx', 'docker-group/team/app']],
    ['maven-central', []],
  ])('lists images below %s as their paths are', async (prefix, expected) => {
    const { client } = await meet((await nexusWith()).hosts)
    expect(names(await all((await client.catalog(host)).repositories({ prefix })))).toEqual(expected)
  })

  it('counts tags, and quirk: a key that stands twice is no reason to fail', async () => {
    const { client } = await meet((await nexusWith({ quirks: { repeatedKey: true } })).hosts)
    expect(await all((await client.catalog(host)).repositories({ prefix: 'docker-hosted/nginx' }))).toEqual([
      { name: 'docker-hosted/nginx', artifacts: 2, updated: '2026-10-02T10:00:00Z' },
    ])
  })

  it('quirk: pages of 50, whose token is bound to the query', async () => {
    const nexus = await nexusWith()
    for (const at of numbers(120))
      await nexus.contents.push(`docker-hosted/many-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client, world } = await meet(nexus.hosts)
    const list = await all((await client.catalog(host)).repositories({ prefix: 'docker-hosted' }))
    expect(list).toHaveLength(122)
    expect(world.at(host).filter(line => line.includes('/search?'))).toHaveLength(3)
  })

  it('quirk: OCI repositories are a format of their own', async () => {
    const nexus = await nexusWith({
      repositories: { 'docker-hosted': { type: 'hosted' }, charts: { type: 'hosted', format: 'oci' } },
    })
    await nexus.contents.push('charts/web', makeImage(), '1.0.0')
    const { client } = await meet(nexus.hosts)
    expect(names(await all((await client.catalog(host)).repositories()))).toContain('charts/web')
  })

  it('quirk: a port of a connector has no such interface, and lists by the protocol', async () => {
    const { client, world } = await meet((await nexusWith()).hosts)
    const catalog = await client.catalog(connector)
    expect(catalog.product).toBe('nexus')
    expect(names(await all(catalog.repositories()))).toEqual(['nginx', 'team/app'])
    expect(world.at(connector).some(line => line.startsWith('GET /v2/_catalog'))).toBe(true)
  })

  it('T1: the login goes to its own host and port, from the first request on', async () => {
    const { client, world } = await meet((await nexusWith({ anonymous: false })).hosts, admin)
    await all((await client.catalog(host)).repositories())
    const sent = world.arrivals.filter(({ url }) => url.startsWith('/service/'))
    expect(sent.every(({ headers }) => headers.authorization?.startsWith('Basic '))).toBe(true)
    await all((await client.catalog(connector)).repositories()).catch(() => {})
    expect(
      world.arrivals
        .filter(each => each.host === connector)
        .every(({ headers }) => !headers.authorization?.startsWith('Basic ')),
    ).toBe(true)
  })
})
