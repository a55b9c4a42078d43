import { describe, expect, it } from 'vitest'
import { searchRegistry } from '../../src/catalog/search.ts'
import { copy } from '../../src/copy/copy.ts'
import { inspect } from '../../src/image/inspect.ts'
import { untag } from '../../src/image/untag.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { createHub, type HubQuirks } from '../helpers/registries/hub.ts'
import { all, type MeetOptions, meet } from '../helpers/registries/meet.ts'
import type { Hosts } from '../helpers/registries/world.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const ada = { registry: 'docker.io', username: 'ada', password: 'dckr_pat_1' }

async function hubWith(quirks: HubQuirks = {}) {
  const hub = createHub({ users: { ada: 'dckr_pat_1' }, quirks })
  await hub.contents.push(
    'library/nginx',
    makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true }),
    '1.27',
    'latest',
  )
  await hub.contents.push('ada/app', makeImage(), 'v1', 'v2')
  await hub.contents.push('ada/secret', makeImage(), 'v1')
  hub.describe('library/nginx', {
    description: 'Official build of Nginx.',
    stars: 20_000,
    pulls: 12_345_678_901,
    pullsText: '10B+',
  })
  hub.describe('ada/secret', { private: true })
  return hub
}

describe('Docker Hub: repos', () => {
  it('lists a namespace, with what it counts', async () => {
    const hub = await hubWith()
    const { client, world } = await meet(hub.hosts)
    const catalog = await client.catalog('docker.io')
    expect(await all(catalog.repositories({ prefix: 'library' }))).toEqual([
      {
        name: 'library/nginx',
        description: 'Official build of Nginx.',
        stars: 20_000,
        pulls: 12_345_678_901,
        private: false,
        updated: '2024-10-01T10:00:00.123Z',
      },
    ])
    expect(world.at('hub.docker.com')).toEqual(['GET /v2/namespaces/library/repositories?page=1&page_size=100'])
  })

  it.each(['', '/'])('refuses to list all of it: %j', async prefix => {
    const { client } = await meet((await hubWith()).hosts)
    const catalog = await client.catalog('docker.io')
    await expect(all(catalog.repositories({ prefix }))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('says that a namespace is not there', async () => {
    const { client } = await meet((await hubWith()).hosts)
    const list = all((await client.catalog('docker.io')).repositories({ prefix: 'nobody' }))
    await expect(list).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('namespace nobody'),
    })
  })

  it('quirk: the newer addresses are not there yet', async () => {
    const { client } = await meet((await hubWith({ legacyPathsOnly: true })).hosts)
    const list = await all((await client.catalog('docker.io')).repositories({ prefix: 'library' }))
    expect(list.map(({ name }) => name)).toEqual(['library/nginx'])
  })

  it.each([{}, { pagePastTheEnd: true }])(
    'reads all pages, and quirk: a page past the end is 404 (%j)',
    async quirks => {
      const hub = await hubWith(quirks)
      for (const at of numbers(250))
        await hub.contents.push(`many/app-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
      const { client } = await meet(hub.hosts)
      const list = await all((await client.catalog('docker.io')).repositories({ prefix: 'many' }))
      expect(new Set(list.map(({ name }) => name)).size).toBe(250)
    },
  )

  it.each([
    'https://169.254.169.254/v2/?page=2',
    '//evil.example/v2/?page=2',
    'https://hub.docker.com:444/v2/?page=2',
    'http://hub.docker.com/v2/?page=2',
    'https://ada:x@hub.docker.com/v2/?page=2',
  ])('T4: goes to no next page elsewhere: %s', async next => {
    const hub = await hubWith({ nextPage: () => next })
    for (const at of numbers(101)) await hub.contents.push(`many/app-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client, world } = await meet(hub.hosts, { login: ada })
    const list = all((await client.catalog('docker.io')).repositories({ prefix: 'many' }))
    await expect(list).rejects.toMatchObject({ code: 'REFUSED' })
    expect(world.strangers).toEqual([])
  })

  it('T12: an answer beyond any measure is not held', async () => {
    const hub = await hubWith()
    const endless: Hosts = {
      ...hub.hosts,
      'hub.docker.com': (_, res) => {
        const piece = Buffer.alloc(64 * 1024, ' ')
        const more = () => {
          while (!res.destroyed && res.write(piece));
        }
        res.writeHead(200, { 'content-type': 'application/json' }).on('drain', more)
        more()
      },
    }
    const { client } = await meet(endless)
    const list = all((await client.catalog('docker.io')).repositories({ prefix: 'ada' }))
    await expect(list).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  })

  it('T12: a next page that is the same again is the end', async () => {
    const hub = await hubWith({ nextPage: url => url.replace(/page=\d+/, 'page=1') })
    for (const at of numbers(101)) await hub.contents.push(`many/app-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client, world } = await meet(hub.hosts)
    expect(await all((await client.catalog('docker.io')).repositories({ prefix: 'many' }))).toHaveLength(100)
    expect(world.arrivals).toHaveLength(1)
  })

  it('shows what is private to whoever is logged in, by a token of the interface', async () => {
    const hub = await hubWith()
    const { client, world } = await meet(hub.hosts, { login: ada })
    const list = await all((await client.catalog('docker.io')).repositories({ prefix: 'ada' }))
    expect(list.map(({ name }) => name)).toEqual(['ada/app', 'ada/secret'])
    expect(world.at('hub.docker.com')[0]).toBe('POST /v2/auth/token')
    const sent = world.arrivals.filter(({ headers }) => headers.authorization !== undefined)
    expect(sent.map(({ host }) => host)).toEqual(['hub.docker.com'])
    expect(sent[0]?.headers.authorization).toMatch(/^Bearer jwt\./)
  })

  it('reads on without a login that is refused, and says so', async () => {
    const { client, notices } = await meet((await hubWith()).hosts, { login: { ...ada, password: 'wrong' } })
    const list = await all((await client.catalog('docker.io')).repositories({ prefix: 'ada' }))
    expect(list.map(({ name }) => name)).toEqual(['ada/app'])
    expect(notices).toMatchObject([{ code: 'ANONYMOUS_RETRY' }])
  })

  it('T15: no secret in the error of a refused login', async () => {
    const { client, notices } = await meet((await hubWith()).hosts, { login: { ...ada, password: 'hunter2' } })
    await all((await client.catalog('docker.io')).repositories({ prefix: 'ada' }))
    expect(JSON.stringify(notices)).not.toContain('hunter2')
  })

  it('quirk: X-Retry-After is an epoch, and more than is waited for ends it at once', async () => {
    const hub = await hubWith({ apiLimitedOnce: { retryAt: () => Math.ceil(Date.now() / 1000) + 3600 } })
    const { client, world } = await meet(hub.hosts)
    const list = all((await client.catalog('docker.io')).repositories({ prefix: 'library' }))
    await expect(list).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(world.arrivals).toHaveLength(1)
  })
})

describe('Docker Hub: search', () => {
  const found = async (words: string, options = {}, quirks: HubQuirks = {}) => {
    const hub = await hubWith(quirks)
    await hub.contents.push('bitnami/nginx', makeImage(), 'latest')
    hub.describe('bitnami/nginx', {
      description: 'nginx by \u001b[2Jus',
      stars: 200,
      pullsText: '100M+',
      publisher: 'VMware',
      badge: 'verified_publisher',
    })
    hub.describe('ada/app', { description: 'no web server', stars: 1, pullsText: '12', publisher: 'ada' })
    const { client, world } = await meet(hub.hosts, { login: ada })
    const catalog = await client.catalog('docker.io')
    return { results: await searchRegistry(catalog, words, options), world }
  }
  const nginx = { name: 'nginx', description: 'Official build of Nginx.', stars: 20_000, official: true }
  const bitnami = { name: 'bitnami/nginx', description: 'nginx by \u001b[2Jus', stars: 200, official: false }

  it('is that of Docker itself, enriched by that of the web page', async () => {
    const { results, world } = await found('nginx')
    expect(results).toEqual([
      { ...nginx, pulls: 10_000_000_000, pullsAtLeast: true },
      { ...bitnami, pulls: 100_000_000, pullsAtLeast: true, publisher: 'VMware' },
    ])
    expect(world.at('index.docker.io')).toEqual(['GET /v1/search?q=nginx&n=25&page=1'])
    expect(world.at('hub.docker.com')).toEqual(['GET /api/search/v4?query=nginx&type=image&from=0&size=25'])
    expect(world.arrivals.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  it.each(['missing', 'web page'] as const)(
    'quirk: the search of the web page is no documented interface (%s)',
    async searchV4 => {
      expect((await found('nginx', {}, { searchV4 })).results).toEqual([nginx, bitnami])
    },
  )

  it.each<[words: string, options: object, names: string[]]>([
    ['library/nginx', {}, ['nginx', 'bitnami/nginx']],
    ['NGINX', {}, ['nginx', 'bitnami/nginx']],
    ['nginx', { limit: 1 }, ['nginx']],
    ['nginx', { official: true }, ['nginx']],
    ['web server', {}, ['ada/app']],
    ['nothing at all', {}, []],
    ['a&n=100#?', {}, []],
  ])('%j with %j finds %j', async (words, options, names) => {
    expect((await found(words, options)).results.map(({ name }) => name)).toEqual(names)
  })

  it('goes on to the next page until there are enough', async () => {
    const hub = await hubWith()
    for (const at of numbers(230))
      await hub.contents.push(`many/thing-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client, world } = await meet(hub.hosts)
    const results = await searchRegistry(await client.catalog('docker.io'), 'thing', { limit: 150 })
    expect(new Set(results.map(({ name }) => name)).size).toBe(150)
    expect(world.at('index.docker.io')).toHaveLength(2)
  })

  it.each(['', '  ', 'x'.repeat(300)])('refuses %j', async words => {
    await expect(found(words)).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('Docker Hub: tags', () => {
  it('takes size, digest, platforms, pushed and pulled of all tags from its interface', async () => {
    const hub = await hubWith()
    const { client, world } = await meet(hub.hosts)
    const source = await client.openRepository('nginx')
    const names = await all(source.tags())
    world.arrivals.length = 0
    const [row] = (await hub.contents.rows('library/nginx')) ?? []
    const size = row?.images.filter(({ os }) => os !== 'unknown').reduce((sum, image) => sum + image.size, 0)
    const common = {
      digest: row?.digest,
      mediaType: row?.mediaType,
      size,
      platforms: ['linux/amd64', 'linux/arm64/v8'],
    }
    expect(await client.describeTags(source, names)).toEqual([
      { name: '1.27', ...common, pushed: '2024-10-01T10:00:00.123Z' },
      { name: 'latest', ...common, pushed: '2024-10-02T10:00:00.123Z', pulled: '2024-11-20T08:30:00.500Z' },
    ])
    expect(world.arrivals.map(({ host, url }) => host + url)).toEqual([
      'hub.docker.com/v2/namespaces/library/repositories/nginx/tags?page=1&page_size=100',
    ])
  })

  it('reads a thousand tags in ten requests', async () => {
    const hub = await hubWith()
    await hub.contents.push('many/tags', makeImage({ layers: 1 }), ...numbers(1000).map(at => `v${at}`))
    const { client, world } = await meet(hub.hosts)
    const source = await client.openRepository('many/tags')
    const names = await all(source.tags())
    world.arrivals.length = 0
    const tags = await client.describeTags(source, names)
    expect(tags.every(({ digest, size, platforms, pushed }) => digest && size && platforms && pushed)).toBe(true)
    expect(tags.map(({ name }) => name)).toEqual(names)
    expect(world.arrivals.length).toBe(10)
  })

  it('looks through no endless list for one tag', async () => {
    const hub = await hubWith()
    await hub.contents.push('many/tags', makeImage({ layers: 1 }), ...numbers(2000).map(at => `v${at}`), 'z')
    const { client, world } = await meet(hub.hosts)
    const [tag] = await client.describeTags(await client.openRepository('many/tags'), ['z'])
    expect(tag).toMatchObject({ name: 'z', platforms: ['linux/amd64'], created: '2024-01-02T03:04:05Z' })
    expect(world.at('hub.docker.com').length).toBeLessThanOrEqual(6)
  })

  it('quirk: old tags have no digest, and are read by their manifests', async () => {
    const hub = await hubWith({ withoutDigest: ['1.27'] })
    const { client } = await meet(hub.hosts)
    const tags = await client.describeTags(await client.openRepository('nginx'), ['1.27', 'latest'])
    expect(tags[0]).toMatchObject({
      digest: tags[1]?.digest,
      created: '2024-01-02T03:04:05Z',
      pushed: '2024-10-01T10:00:00.123Z',
    })
  })

  it('reads the manifests where its interface is away, and says so', async () => {
    const hub = await hubWith()
    const { 'hub.docker.com': _, ...hosts } = hub.hosts
    const gone: Hosts = {
      ...hosts,
      'hub.docker.com': (_, res) => res.writeHead(404, { 'content-type': 'text/html' }).end('<html>'),
    }
    const { client, notices } = await meet(gone)
    const [tag] = await client.describeTags(await client.openRepository('nginx'), ['1.27'])
    expect(tag).toMatchObject({
      name: '1.27',
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      created: '2024-01-02T03:04:05Z',
    })
    expect(notices).toMatchObject([{ code: 'TAG_DETAILS_MISSING' }])
  })

  it('shows private ones to whoever may see them', async () => {
    const { client } = await meet((await hubWith()).hosts, { login: ada })
    const [tag] = await client.describeTags(await client.openRepository('ada/secret'), ['v1'])
    expect(tag).toMatchObject({ pushed: '2024-10-01T10:00:00.123Z' })
  })
})

describe('Docker Hub: inspect, and copies in and out', () => {
  it('copies out of it and into it, by the protocol', async () => {
    const hub = await hubWith()
    const { client } = await meet(hub.hosts, { login: ada })
    const memory = memoryStore('memory')
    const out = await copy(await client.open('nginx:1.27'), { store: memory, reference: 'v1' })
    const into = await copy({ store: memory, reference: 'v1' }, await client.open('ada/mirror:v1', { write: true }))
    expect(into.digest).toBe(out.digest)
    const place = await client.open('ada/mirror:v1')
    const report = await inspect(place.store, await place.store.resolve('v1'), { reference: 'ada/mirror:v1' })
    expect(report.digest).toBe(out.digest)
  })

  it('quirk: blobs come from another host, which takes no login (T6)', async () => {
    const { client, world } = await meet((await hubWith()).hosts, { login: ada })
    await copy(await client.open('ada/secret:v1'), { store: memoryStore('memory'), reference: 'v1' })
    const storage = world.arrivals.filter(({ host }) => host === 'production.cloudflare.docker.com')
    expect(storage.length).toBeGreaterThan(0)
    expect(storage.every(({ headers, status }) => headers.authorization === undefined && status === 200)).toBe(true)
  })

  it('quirk: a page of tags holds a hundred, whatever is asked for', async () => {
    const hub = await hubWith()
    const tags = numbers(250).map(at => `v${at}`)
    await hub.contents.push('many/tags', makeImage({ layers: 0 }), ...tags)
    const { client } = await meet(hub.hosts)
    expect((await all((await client.openRepository('many/tags')).tags())).sort()).toEqual(tags.sort())
  })

  it('quirk: an image that a tag names is not deleted by its digest', async () => {
    const hub = await hubWith()
    const { client } = await meet(hub.hosts, { login: ada })
    const { store } = await client.open('ada/app:v1', { change: true })
    await expect(store.delete(await store.resolve('v1'))).rejects.toMatchObject({ code: 'DENIED' })
    expect(await hub.contents.rows('ada/app')).toHaveLength(2)
  })

  it('quirk: pushing into a namespace of somebody else is refused', async () => {
    const { client } = await meet((await hubWith()).hosts, { login: ada })
    const into = await client.open('library/nginx:mine', { write: true })
    await expect(copy(await client.open('ada/app:v1'), into)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('quirk: the quota is used up, in plain text', async () => {
    const { client } = await meet((await hubWith({ limited: true })).hosts)
    const copied = copy(await client.open('nginx:1.27'), { store: memoryStore('memory'), reference: 'v1' })
    await expect(copied).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('pull rate limit'),
    })
  })
})

describe('Docker Hub: deletion of one tag', () => {
  const removal = async (quirks: HubQuirks, options: MeetOptions, text = 'ada/app:v1') => {
    const hub = await hubWith(quirks)
    const { client, world } = await meet(hub.hosts, options)
    const place = await client.open(text, { change: true })
    const [, repository = ''] = /^(.+):/.exec(text) ?? []
    const catalog = await client.catalog('docker.io')
    const done = untag(place, {
      product: async () => (tag, given) => Promise.resolve(catalog.untag?.(repository, tag, given)),
    })
    return { done, left: async () => ((await hub.contents.rows('ada/app')) ?? []).map(({ name }) => name), world }
  }

  it.each([
    ['its registry says 405', {}],
    ['tokens for its registry leave deletion out', { withoutDelete: true }],
  ])('quirk: %s, and its interface removes the tag and leaves its siblings', async (_, quirks) => {
    const { done, left, world } = await removal(quirks, { login: ada })
    expect(await done).toBe('product')
    expect(await left()).toEqual(['v2'])
    expect(world.at('hub.docker.com')).toEqual(['POST /v2/auth/token', 'DELETE /v2/repositories/ada/app/tags/v1/'])
  })

  it.each<[name: string, options: MeetOptions, text: string, code: string]>([
    ['nobody is logged in', {}, 'ada/app:v1', 'UNAUTHORIZED'],
    ['the password is wrong', { login: { ...ada, password: 'wrong' } }, 'ada/app:v1', 'UNAUTHORIZED'],
    ["it is somebody else's", { login: ada }, 'library/nginx:1.27', 'DENIED'],
    ['there is no such tag', { login: ada }, 'ada/app:v9', 'NOT_FOUND'],
  ])('changes nothing where %s', async (_, options, text, code) => {
    const { done, left } = await removal({}, options, text)
    await expect(done).rejects.toMatchObject({ code })
    expect(await left()).toEqual(['v1', 'v2'])
  })

  const twoFactors = { secondFactor: { ada: { password: 'hunter2', code: '123456' } } }
  const password = { ...ada, password: 'hunter2' }
  const untagged = async (quirks: HubQuirks, options: MeetOptions) => {
    const hub = await hubWith(quirks)
    const { client, world } = await meet(hub.hosts, options)
    const catalog = await client.catalog('docker.io')
    await catalog.untag?.('ada/app', 'v1')
    await catalog.untag?.('ada/app', 'v2')
    return world.at('hub.docker.com').filter(line => line.startsWith('POST'))
  }

  it('quirk: an account with two factors is asked for its code, once', async () => {
    const asked: string[] = []
    const secondFactor = async (account: string) => `${asked.push(account) && '123456'}\n`
    expect(await untagged(twoFactors, { login: password, secondFactor })).toEqual([
      'POST /v2/auth/token',
      'POST /v2/users/login',
      'POST /v2/users/2fa-login',
    ])
    expect(asked).toEqual(['ada'])
  })

  it.each<[string, MeetOptions, string]>([
    ['nobody can be asked', { login: password }, 'two-factor'],
    ['the code is wrong', { login: password, secondFactor: async () => '000000' }, 'second factor'],
  ])('is refused where %s', async (_, options, words) => {
    await expect(untagged(twoFactors, options)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining(words),
    })
  })

  it('asks nobody for a code only to read', async () => {
    const hub = await hubWith(twoFactors)
    const secondFactor = () => Promise.reject(new Error('asked'))
    const { client, notices } = await meet(hub.hosts, { login: password, secondFactor })
    const list = await all((await client.catalog('docker.io')).repositories({ prefix: 'ada' }))
    expect(list.map(({ name }) => name)).toEqual(['ada/app'])
    expect(notices).toMatchObject([{ code: 'ANONYMOUS_RETRY', message: expect.stringContaining('two-factor') }])
  })

  it('quirk: the newer login is not there yet', async () => {
    expect(await untagged({ legacyLoginOnly: true }, { login: ada })).toEqual([
      'POST /v2/auth/token',
      'POST /v2/users/login',
    ])
  })

  it.each(['../x', 'ada/..', 'ada/app?x', 'ada/app#x', 'ada/a%2fb'])(
    'T18: never asks for a repository that is none: %j',
    async repository => {
      const { client, world } = await meet((await hubWith()).hosts, { login: ada })
      const done = (await client.catalog('docker.io')).untag?.(repository, 'v1')
      await expect(done).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(world.arrivals).toEqual([])
    },
  )

  it.each([307, 308])('T2: a %i takes the password to no other host', async code => {
    const { hosts } = await hubWith()
    const elsewhere = 'elsewhere.example'
    const hub: Hosts = {
      ...hosts,
      'hub.docker.com': (_, res) => res.writeHead(code, { location: `https://${elsewhere}/login` }).end(),
      [elsewhere]: (_, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"x"}'),
    }
    const { client, world } = await meet(hub, { login: ada })
    const done = (await client.catalog('docker.io')).untag?.('ada/app', 'v1')
    await expect(done).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining(elsewhere) })
    expect(world.at(elsewhere)).toEqual([])
  })

  it.each(['../v1', 'v1/../../x', 'v1?x', 'v1#x', 'v 1', ''])(
    'T18: never asks for a tag that is none: %j',
    async tag => {
      const { client, world } = await meet((await hubWith()).hosts, { login: ada })
      const done = (await client.catalog('docker.io')).untag?.('ada/app', tag)
      await expect(done).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
      expect(world.arrivals).toEqual([])
    },
  )

  it('T1: the token of the interface goes to hub.docker.com alone, and the password there and to the token server', async () => {
    const { done, world } = await removal({}, { login: ada })
    await done
    const bearing = (text: string) =>
      new Set(world.arrivals.filter(({ headers }) => headers.authorization?.startsWith(text)).map(({ host }) => host))
    expect(bearing('Bearer jwt.')).toEqual(new Set(['hub.docker.com']))
    expect(bearing('Basic ')).toEqual(new Set(['auth.docker.io']))
  })
})

describe('Docker Hub: logins', () => {
  const login = async (username: string, password: string, quirks: HubQuirks = {}) => {
    const { client } = await meet((await hubWith(quirks)).hosts)
    return client.accounts.login('docker.io', { kind: 'password', username, password }, { store: 'file' })
  }

  it('takes an access token', async () => {
    expect(await login('ada', 'dckr_pat_1')).toMatchObject({ verified: true })
  })

  it('refuses a wrong one', async () => {
    await expect(login('ada', 'wrong')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('quirk: the password of an account with two factors is refused with the reason', async () => {
    const done = login('ada', 'hunter2', { secondFactor: { ada: { password: 'hunter2', code: '1' } } })
    await expect(done).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('two-factor'),
      hint: expect.stringContaining('personal access token'),
    })
  })
})

describe('Docker Hub: limits', () => {
  const quota = { limit: 100, remaining: 76, windowSeconds: 21_600, source: '192.0.2.7' }

  it.each([
    ['nobody: the address', { quota }, {}, { ...quota, account: null }],
    ['an account', { quota }, { login: ada }, { ...quota, source: 'uuid-of-ada', account: 'ada' }],
    [
      'nothing said: none',
      {},
      { login: ada },
      { limit: null, remaining: null, windowSeconds: null, source: null, account: 'ada' },
    ],
  ])('of %s', async (_, quirks, options, expected) => {
    const { client, world } = await meet((await hubWith(structuredClone(quirks))).hosts, options)
    expect(await (await client.catalog('docker.io')).limits?.()).toEqual({ registry: 'docker.io', ...expected })
    expect(world.at('registry-1.docker.io').every(line => line.startsWith('HEAD '))).toBe(true)
  })

  it('asking takes none away, and a pull does', async () => {
    const hub = await hubWith({ quota: { ...quota } })
    const { client } = await meet(hub.hosts)
    const catalog = await client.catalog('docker.io')
    await catalog.limits?.()
    expect((await catalog.limits?.())?.remaining).toBe(76)
    await copy(await client.open('nginx:1.27'), { store: memoryStore('memory'), reference: 'v1' })
    expect((await catalog.limits?.())?.remaining).toBeLessThan(76)
  })
})
