import { describe, expect, it } from 'vitest'
import { searchRegistry } from '../../src/catalog/search.ts'
import { copy } from '../../src/copy/copy.ts'
import { inspect } from '../../src/image/inspect.ts'
import { untag } from '../../src/image/untag.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { all, type MeetOptions, meet } from '../helpers/registries/meet.ts'
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
      { name: 'docker-hosted/nginx', artifacts: 2, updated: '2024-10-02T10:00:00Z' },
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
    // Where the interface is, is asked without it.
    const sent = world.arrivals.filter(({ url }) => /^\/service\/(?!rest\/v1\/status$)/.test(url))
    expect(sent.length).toBeGreaterThan(2)
    expect(sent.every(({ headers }) => headers.authorization?.startsWith('Basic '))).toBe(true)
    await all((await client.catalog(connector)).repositories()).catch(() => {})
    expect(
      world.arrivals
        .filter(each => each.host === connector)
        .every(({ headers }) => !headers.authorization?.startsWith('Basic ')),
    ).toBe(true)
  })
})

describe('Nexus: search', () => {
  it.each<[words: string, registry: string, options: object, found: string[]]>([
    ['nginx', host, {}, ['docker-hosted/nginx']],
    ['hosted app', connector, {}, []],
    ['app', connector, {}, ['team/app']],
    ['app', host, {}, ['docker-hosted/team/app']],
    ['a', host, { limit: 1 }, ['docker-hosted/team/app']],
    ['alpine', host, {}, ['docker-proxy/library/alpine']],
    ['nothing', host, {}, []],
  ])('%j at %s with %j finds %j', async (words, registry, options, found) => {
    const { client } = await meet((await nexusWith()).hosts)
    expect(names(await searchRegistry(await client.catalog(registry), words, options))).toEqual(found)
  })

  it('quirk: a parameter that is empty would mean an empty value, and is left out', async () => {
    const { client, world } = await meet((await nexusWith()).hosts)
    await searchRegistry(await client.catalog(host), 'nginx', {})
    expect(world.at(host).filter(line => /[?&][^=&]+=(?:&|$)/.test(line))).toEqual([])
  })

  it('has no official images', async () => {
    const { client } = await meet((await nexusWith()).hosts)
    const catalog = await client.catalog(host)
    await expect(searchRegistry(catalog, 'nginx', { official: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('Nexus: tags', () => {
  it.each([false, true])(
    'takes times from its interface, sizes and platforms from the manifests (leading slash: %s)',
    async leadingSlash => {
      const nexus = await nexusWith({ quirks: { leadingSlash } })
      const { client } = await meet(nexus.hosts)
      const [row] = (await nexus.contents.rows('docker-hosted/nginx')) ?? []
      const tags = await client.describeTags(await client.openRepository(`${host}/docker-hosted/nginx`), [
        '1.27',
        'latest',
      ])
      expect(tags).toMatchObject([
        {
          name: '1.27',
          digest: row?.digest,
          platforms: ['linux/amd64', 'linux/arm64/v8'],
          pushed: '2024-10-01T10:00:00Z',
        },
        {
          name: 'latest',
          digest: row?.digest,
          size: expect.any(Number),
          pushed: '2024-10-02T10:00:00Z',
          pulled: '2024-11-20T08:30:00Z',
        },
      ])
    },
  )

  it('quirk: the index of its search lags behind a push, and the tag is read all the same', async () => {
    const { client } = await meet((await nexusWith({ quirks: { unindexed: ['docker-hosted/nginx:latest'] } })).hosts)
    const source = await client.openRepository(`${host}/docker-hosted/nginx`)
    const tags = await client.describeTags(source, await all(source.tags()))
    expect(tags).toMatchObject([
      { name: '1.27', pushed: expect.any(String) },
      { name: 'latest', platforms: ['linux/amd64', 'linux/arm64/v8'] },
    ])
    expect(tags[1]?.pushed).toBeUndefined()
  })

  it('quirk #1011: links of a connector lead elsewhere, and their query is taken alone', async () => {
    const nexus = await nexusWith()
    const tags = numbers(2500).map(at => `v${at}`)
    await nexus.contents.push('docker-hosted/many', makeImage({ layers: 0 }), ...tags)
    const { client, world } = await meet(nexus.hosts)
    const source = await client.openRepository(`${connector}/many`)
    expect(await all(source.tags())).toEqual(tags.sort())
    expect(world.at(connector).filter(line => line.includes('/repository/docker-hosted/v2/many'))).toEqual([])
  })

  it('quirk #117: a group gives no links, and its list is read to the end', async () => {
    const nexus = await nexusWith()
    const tags = numbers(2500).map(at => `v${at}`)
    await nexus.contents.push('docker-hosted/many', makeImage({ layers: 0 }), ...tags)
    const { client } = await meet(nexus.hosts)
    const source = await client.openRepository(`${host}/docker-group/many`)
    expect(await all(source.tags())).toEqual(tags.sort())
  })
})

describe('Nexus: inspect, and copies in and out', () => {
  it.each([
    [`${host}/docker-hosted/nginx:1.27`, `${host}/docker-hosted/mirror/nginx:1.27`, host],
    [`${connector}/nginx:1.27`, `${connector}/mirror/nginx:1.27`, connector],
  ])('from %s to %s', async (from, to, registry) => {
    const { client } = await meet((await nexusWith()).hosts, { login: { ...admin.login, registry } })
    const memory = memoryStore('memory')
    const out = await copy(await client.open(from), { store: memory, reference: 'v1' })
    const into = await copy({ store: memory, reference: 'v1' }, await client.open(to, { write: true }))
    expect(into.digest).toBe(out.digest)
    const place = await client.open(to)
    expect((await inspect(place.store, await place.store.resolve('1.27'), { reference: to })).digest).toBe(out.digest)
    // Within a registry, too, where blobs are mounted.
    expect((await copy(await client.open(from), await client.open(`${to}-again`, { write: true }))).digest).toBe(
      out.digest,
    )
  })

  it('quirk #873: the ping names the realm of another repository, and the challenge of the request itself wins', async () => {
    const nexus = await nexusWith({ quirks: { pingRealm: 'docker-proxy' }, anonymous: false })
    const { client, world } = await meet(nexus.hosts, admin)
    await client.catalog(host)
    await copy(await client.open(`${host}/docker-hosted/nginx:1.27`), { store: memoryStore('memory'), reference: 'v1' })
    const tokens = world.at(host).filter(line => line.includes('/v2/token'))
    expect(tokens.length).toBeGreaterThan(0)
    expect(tokens.every(line => line.startsWith('GET /repository/docker-hosted/v2/token'))).toBe(true)
  })

  it('quirk #836: anonymous pulls by the path work by the challenge of that repository', async () => {
    const { client } = await meet((await nexusWith({ quirks: { pingRealm: 'docker-proxy' } })).hosts)
    const copied = await copy(await client.open(`${host}/docker-hosted/nginx:1.27`), {
      store: memoryStore('memory'),
      reference: 'v1',
    })
    expect(copied.manifests.copied).toBe(3)
  })

  it('quirk: without the token realm it asks for Basic', async () => {
    const { client } = await meet((await nexusWith({ quirks: { bearerRealm: false } })).hosts, admin)
    const place = await client.open(`${host}/docker-hosted/nginx:1.27`)
    expect((await place.store.resolve('1.27')).digest).toMatch(/^sha256:/)
  })

  it('quirk: an old version answers for referrers with a page, and the tag that stands for them is asked', async () => {
    const nexus = await nexusWith({ quirks: { referrersPage: true } })
    const { client, world } = await meet(nexus.hosts)
    const { store } = await client.open(`${host}/docker-hosted/team/app:v1`)
    const root = await store.resolve('v1')
    expect(await all(store.referrers(root))).toEqual([])
    expect(world.at(host).at(-1)).toContain(`/manifests/${root.digest.replace(':', '-')}`)
  })

  it.each([
    ['docker-group', 'nginx', '1.27'],
    ['docker-proxy', 'library/alpine', '3.20'],
  ])('quirk: nothing is deleted in %s', async (repository, image, tag) => {
    const { client } = await meet((await nexusWith()).hosts, admin)
    const { store } = await client.open(`${host}/${repository}/${image}:${tag}`, { change: true })
    await expect(store.delete(await store.resolve(tag))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it.each(['docker-group', 'docker-proxy'])('quirk: nothing is pushed to %s', async repository => {
    const { client } = await meet((await nexusWith()).hosts, admin)
    const into = await client.open(`${host}/${repository}/nginx:v1`, { write: true })
    await expect(copy(await client.open(`${host}/docker-hosted/nginx:1.27`), into)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
  })
})

describe('Nexus: deletion of one tag', () => {
  it('works by the protocol in a hosted repository', async () => {
    const nexus = await nexusWith()
    const { client } = await meet(nexus.hosts, admin)
    const place = await client.open(`${host}/docker-hosted/nginx:latest`, { change: true })
    expect(await untag(place)).toBe('protocol')
    expect(names((await nexus.contents.rows('docker-hosted/nginx')) ?? [])).toEqual(['1.27'])
  })

  const byProduct = async (
    options: NexusOptions,
    tag = 'latest',
    repository = 'docker-hosted/nginx',
    given: MeetOptions = admin,
  ) => {
    const nexus = await nexusWith(options)
    const { client, world } = await meet(nexus.hosts, given)
    const done = client.catalog(host).then(catalog => catalog.untag?.(repository, tag))
    return { done, world, left: async () => names((await nexus.contents.rows('docker-hosted/nginx')) ?? []) }
  }

  it('deletes the component that is the tag, where it is asked to', async () => {
    const { done, left, world } = await byProduct({})
    await done
    expect(await left()).toEqual(['1.27'])
    expect(world.at(host).filter(line => line.startsWith('DELETE'))).toHaveLength(1)
  })

  it.each<[name: string, options: NexusOptions, tag: string, repository: string, given: MeetOptions, code: string]>([
    [
      'the component holds more than the tag',
      { quirks: { sharedComponents: true } },
      'latest',
      'docker-hosted/nginx',
      admin,
      'UNSUPPORTED',
    ],
    [
      'the search has not seen it yet',
      { quirks: { unindexed: ['docker-hosted/nginx:latest'] } },
      'latest',
      'docker-hosted/nginx',
      admin,
      'UNSUPPORTED',
    ],
    ['a group only shows it', {}, 'latest', 'docker-group/nginx', admin, 'UNSUPPORTED'],
    ['nobody is logged in', {}, 'latest', 'docker-hosted/nginx', {}, 'DENIED'],
    ['a wildcard was meant', {}, '1.*', 'docker-hosted/nginx', admin, 'REFERENCE_INVALID'],
  ])('deletes nothing where %s', async (_, options, tag, repository, given, code) => {
    const { done, left, world } = await byProduct(options, tag, repository, given)
    await expect(done).rejects.toMatchObject({ code })
    expect(await left()).toEqual(['1.27', 'latest'])
    expect(world.arrivals.filter(({ method, status }) => method === 'DELETE' && status < 300)).toEqual([])
  })
})

describe('Nexus: logins and limits', () => {
  const attempt = async (registry: string, password: string) => {
    const { client } = await meet((await nexusWith({ anonymous: false })).hosts)
    return client.accounts.login(registry, { kind: 'password', username: 'admin', password }, { store: 'file' })
  }

  it.each([host, connector])('takes the right one at %s, and no wrong one', async registry => {
    expect(await attempt(registry, 'admin123')).toMatchObject({ verified: true })
    await expect(attempt(registry, 'wrong')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('T1: the login of one port is not that of another', async () => {
    const { client, world } = await meet((await nexusWith({ anonymous: false })).hosts, admin)
    await expect(all((await client.openRepository(`${connector}/nginx`)).tags())).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    expect(
      world.arrivals.some(each => each.host === connector && each.headers.authorization?.startsWith('Basic ')),
    ).toBe(false)
  })

  it('tells of no limits', async () => {
    const { client } = await meet((await nexusWith()).hosts)
    expect((await client.catalog(host)).limits).toBeUndefined()
  })
})
