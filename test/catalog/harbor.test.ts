import { describe, expect, it } from 'vitest'
import { searchRegistry } from '../../src/catalog/search.ts'
import { copy } from '../../src/copy/copy.ts'
import { inspect } from '../../src/image/inspect.ts'
import { untag } from '../../src/image/untag.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { createHarbor, type HarborQuirks } from '../helpers/registries/harbor.ts'
import { all, type MeetOptions, meet } from '../helpers/registries/meet.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const host = 'harbor.example'
const users = { admin: 'Harbor12345', ada: 'cli-secret' }
const robots = { 'robot$team+ci': 'robot-secret' }
const login = (username: keyof typeof users | keyof typeof robots, password?: string) => ({
  login: { registry: host, username, password: password ?? { ...users, ...robots }[username] },
})

async function harborWith(quirks: HarborQuirks = {}) {
  const harbor = createHarbor({ users, robots, quirks })
  await harbor.contents.push(
    'library/nginx',
    makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true }),
    '1.27',
    'latest',
  )
  await harbor.contents.push('team/app', makeImage(), 'v1')
  await harbor.contents.push('team/sub/deep', makeImage(), 'v1')
  await harbor.contents.push('2024/app', makeImage(), 'v1')
  harbor.describe('library/nginx', { description: 'a web server', pulls: 4711 })
  return harbor
}
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

describe('Harbor: repos', () => {
  it('lists what everybody may see, with counts, in one request', async () => {
    const { client, world } = await meet((await harborWith()).hosts)
    const catalog = await client.catalog(host)
    world.arrivals.length = 0
    expect(await all(catalog.repositories())).toEqual([
      {
        name: 'library/nginx',
        description: 'a web server',
        pulls: 4711,
        artifacts: 1,
        updated: '2024-10-01T10:00:00Z',
      },
    ])
    expect(world.at(host)).toEqual(['GET /api/v2.0/repositories?page=1&page_size=100'])
  })

  it.each([
    [undefined, ['2024/app', 'library/nginx', 'team/app', 'team/sub/deep']],
    ['team', ['team/app', 'team/sub/deep']],
    ['team/', ['team/app', 'team/sub/deep']],
    ['team/sub', ['team/sub/deep']],
    ['team/app', ['team/app']],
    ['2024', ['2024/app']],
  ])('lists below %s to whoever is logged in', async (prefix, expected) => {
    const { client } = await meet((await harborWith()).hosts, login('ada'))
    const list = all((await client.catalog(host)).repositories({ prefix }))
    expect(names(await list)).toEqual(expected)
  })

  it('says that a project is not there, and does not fall back to another list', async () => {
    const { client, world } = await meet((await harborWith()).hosts, login('ada'))
    const list = all((await client.catalog(host)).repositories({ prefix: 'nobody' }))
    await expect(list).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(world.at(host).some(line => line.includes('_catalog'))).toBe(false)
  })

  it.each([{}, { withoutLink: true }])('reads all pages of a project (%j)', async quirks => {
    const harbor = await harborWith(quirks)
    for (const at of numbers(230))
      await harbor.contents.push(`many/app-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client } = await meet(harbor.hosts, login('ada'))
    const list = names(await all((await client.catalog(host)).repositories({ prefix: 'many' })))
    expect([list.length, new Set(list).size]).toEqual([230, 230])
  })

  it('quirk: a robot may list its own project, and not everything', async () => {
    const { client } = await meet((await harborWith()).hosts, login('robot$team+ci'))
    const catalog = await client.catalog(host)
    expect(names(await all(catalog.repositories({ prefix: 'team' })))).toEqual(['team/app', 'team/sub/deep'])
    await expect(all(catalog.repositories())).rejects.toMatchObject({ code: 'DENIED' })
  })

  it('quirk: a login that is refused reads on without, and says so', async () => {
    const { client, notices } = await meet((await harborWith()).hosts, login('ada', 'wrong'))
    expect(names(await all((await client.catalog(host)).repositories()))).toEqual(['library/nginx'])
    expect(notices).toMatchObject([{ code: 'ANONYMOUS_RETRY' }])
  })

  it('quirk: a host that is a portal now lists by the protocol', async () => {
    const { client, world } = await meet((await harborWith({ portalOnly: true })).hosts, login('admin'))
    const list = names(await all((await client.catalog(host)).repositories({ prefix: 'team' })))
    expect(list).toEqual(['team/app', 'team/sub/deep'])
    expect(world.at(host).some(line => line.includes('/v2/_catalog'))).toBe(true)
  })

  it('T22: the session cookie of the interface is never sent to /v2/, nor the other way', async () => {
    const harbor = await harborWith()
    const { client, world } = await meet(harbor.hosts, login('ada'))
    await all((await client.catalog(host)).repositories())
    await all((await client.catalog(host)).repositories())
    await all((await client.openRepository(`${host}/team/app`)).tags())
    const cookies = (path: string) =>
      world.arrivals.filter(({ url }) => url.startsWith(path)).map(({ headers }) => headers.cookie)
    expect(cookies('/api/').at(-1)).toMatch(/^sid=/)
    expect(cookies('/v2/').every(cookie => cookie === undefined)).toBe(true)
    expect(cookies('/service/token').every(cookie => cookie === undefined)).toBe(true)
  })
})

describe('Harbor: search', () => {
  it.each<[words: string, options: object, user: keyof typeof users | undefined, found: string[]]>([
    ['app', {}, 'ada', ['2024/app', 'team/app']],
    ['team app', {}, 'ada', ['team/app']],
    ['app', { limit: 1 }, 'ada', ['2024/app']],
    ['nginx', {}, undefined, ['library/nginx']],
    ['app', {}, undefined, []],
  ])('%j with %j as %s finds %j', async (words, options, user, found) => {
    const { client } = await meet((await harborWith()).hosts, user ? login(user) : {})
    expect(names(await searchRegistry(await client.catalog(host), words, options))).toEqual(found)
  })

  it('tells counts, and has no official images', async () => {
    const { client } = await meet((await harborWith()).hosts)
    const catalog = await client.catalog(host)
    expect(await searchRegistry(catalog, 'nginx', {})).toEqual([
      { name: 'library/nginx', pulls: 4711, artifacts: 1, private: false },
    ])
    await expect(searchRegistry(catalog, 'nginx', { official: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('Harbor: tags', () => {
  it('takes all of it from its interface, in one request', async () => {
    const harbor = await harborWith()
    const { client, world } = await meet(harbor.hosts)
    const source = await client.openRepository(`${host}/library/nginx`)
    const list = await all(source.tags())
    await client.catalog(host)
    world.arrivals.length = 0
    const [row] = (await harbor.contents.rows('library/nginx')) ?? []
    const common = { digest: row?.digest, mediaType: row?.mediaType, platforms: ['linux/amd64', 'linux/arm64/v8'] }
    expect(await client.describeTags(source, list)).toEqual([
      { name: '1.27', ...common, size: expect.any(Number), pushed: '2024-10-01T10:00:00Z' },
      {
        name: 'latest',
        ...common,
        size: expect.any(Number),
        pushed: '2024-10-02T10:00:00Z',
        pulled: '2024-11-20T08:30:00Z',
      },
    ])
    expect(world.at(host)).toEqual([
      'GET /api/v2.0/projects/library/repositories/nginx/artifacts?with_tag=true&page=1&page_size=100',
    ])
  })

  it('quirk: a slash in a repository is encoded twice (T18)', async () => {
    const { client, world } = await meet((await harborWith()).hosts, login('ada'))
    const [tag] = await client.describeTags(await client.openRepository(`${host}/team/sub/deep`), ['v1'])
    expect(tag).toMatchObject({
      platforms: ['linux/amd64'],
      created: '2024-01-02T03:04:05Z',
      pushed: '2024-10-01T10:00:00Z',
    })
    expect(world.at(host).at(-1)).toContain('/projects/team/repositories/sub%252Fdeep/artifacts')
  })

  it('quirk: a project that looks like a number is named as a name', async () => {
    const { client, notices } = await meet((await harborWith()).hosts, login('ada'))
    const [tag] = await client.describeTags(await client.openRepository(`${host}/2024/app`), ['v1'])
    expect(tag?.pushed).toBe('2024-10-01T10:00:00Z')
    expect(notices).toEqual([])
  })

  it('reads all pages of artifacts', async () => {
    const harbor = await harborWith()
    for (const at of numbers(210)) await harbor.contents.push('library/many', makeImage({ layers: 0 }), `v${at}`)
    const { client } = await meet(harbor.hosts)
    const source = await client.openRepository(`${host}/library/many`)
    const tags = await client.describeTags(source, await all(source.tags()))
    expect(tags.filter(({ pushed }) => pushed !== undefined)).toHaveLength(210)
  })
})

describe('Harbor: inspect, and copies in and out', () => {
  it('copies out of it and into it, as a user and as a robot', async () => {
    for (const who of ['ada', 'robot$team+ci'] as const) {
      const { client } = await meet((await harborWith()).hosts, login(who))
      const memory = memoryStore('memory')
      const out = await copy(await client.open(`${host}/library/nginx:1.27`), { store: memory, reference: 'v1' })
      const into = await copy(
        { store: memory, reference: 'v1' },
        await client.open(`${host}/team/mirror:v1`, { write: true }),
      )
      expect(into.digest).toBe(out.digest)
      const place = await client.open(`${host}/team/mirror:v1`)
      expect((await inspect(place.store, await place.store.resolve('v1'), { reference: 'x' })).digest).toBe(out.digest)
    }
  })

  it('a robot reads a public project, and writes to none but its own: and is told by its name', async () => {
    const { client, world } = await meet((await harborWith()).hosts, login('robot$team+ci'))
    const from = await client.open(`${host}/library/nginx:1.27`)
    const into = await client.open(`${host}/library/robot:1.27`, { write: true })
    await expect(copy(from, into)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('robot$team+ci'),
      hint: expect.stringContaining('the account may not reach it'),
    })
    expect(world.arrivals.some(({ method, status }) => method === 'PUT' && status < 300)).toBe(false)
  })

  it('quirk: a login that fails is answered with Basic alone, and a public image is read without it', async () => {
    const { client, notices } = await meet((await harborWith()).hosts, login('ada', 'wrong'))
    expect(await all((await client.openRepository(`${host}/library/nginx`)).tags())).toEqual(['1.27', 'latest'])
    expect(notices).toMatchObject([{ code: 'ANONYMOUS_RETRY' }])
  })

  it('quirk: an image with an immutable tag is not deleted, in its own words', async () => {
    const harbor = await harborWith({ immutable: ['team/app:v1'] })
    const { client } = await meet(harbor.hosts, login('ada'))
    const { store } = await client.open(`${host}/team/app:v1`, { change: true })
    await expect(store.delete(await store.resolve('v1'))).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('immutable'),
    })
    expect(await harbor.contents.rows('team/app')).toHaveLength(1)
  })

  it('quirk: a public repository wants a token, too', async () => {
    const { client, world } = await meet((await harborWith()).hosts)
    await copy(await client.open(`${host}/library/nginx:1.27`), { store: memoryStore('memory'), reference: 'v1' })
    expect(world.at(host).some(line => line.startsWith('GET /service/token?service=harbor-registry'))).toBe(true)
  })

  it.each<[quirk: string, quirks: HarborQuirks, from: string, to: string, code: string, words: string]>([
    [
      'a push makes no project',
      { projects: ['library'] },
      'library/nginx:1.27',
      'team/x:v1',
      'NOT_FOUND',
      'project team',
    ],
    [
      'nothing is pushed to a proxy project',
      { proxyProjects: ['team'] },
      'library/nginx:1.27',
      'team/x:v1',
      'DENIED',
      'proxy project',
    ],
    [
      'the quota of a project is used up',
      { fullProjects: ['team'] },
      'library/nginx:1.27',
      'team/x:v1',
      'DENIED',
      'exceed',
    ],
    [
      'a policy forbids to pull',
      { policyProjects: ['library'] },
      'library/nginx:1.27',
      'team/x:v1',
      'DENIED',
      'configured policy',
    ],
  ])('quirk: %s, in its own words', async (_, quirks, from, to, code, words) => {
    const { client } = await meet((await harborWith(quirks)).hosts, login('ada'))
    const copied = copy(await client.open(`${host}/${from}`), await client.open(`${host}/${to}`, { write: true }))
    await expect(copied).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })

  it('quirk: 2.10.2 says that something is not there in words of its own', async () => {
    const { client } = await meet((await harborWith({ oddNotFound: true })).hosts, login('ada'))
    const place = await client.open(`${host}/team/nothing:v1`)
    await expect(place.store.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('Harbor: deletion of one tag', () => {
  const removal = async (text: string, options: MeetOptions, quirks: HarborQuirks = {}) => {
    const harbor = await harborWith(quirks)
    await harbor.contents.push('team/sub/deep', makeImage({ seed: 'two' }), 'a', 'b')
    const { client, world } = await meet(harbor.hosts, options)
    const [, repository = ''] = /^[^/]+\/(.+):/.exec(text) ?? []
    const done = client.open(text, { change: true }).then(place =>
      untag(place, {
        product: async () => {
          const catalog = await client.catalog(host)
          return (tag, given) => Promise.resolve(catalog.untag?.(repository, tag, given))
        },
      }),
    )
    return { done, world, harbor, left: async () => names((await harbor.contents.rows('team/sub/deep')) ?? []) }
  }

  it("quirk: the protocol's way is 400 UNSUPPORTED, and its interface removes the tag alone", async () => {
    const { done, left, world } = await removal(`${host}/team/sub/deep:a`, login('ada'))
    expect(await done).toBe('product')
    expect(await left()).toEqual(['b', 'v1'])
    expect(world.at(host).at(-1)).toBe('DELETE /api/v2.0/projects/team/repositories/sub%252Fdeep/artifacts/a/tags/a')
  })

  it.each<[name: string, text: string, options: MeetOptions, code: string, quirks?: HarborQuirks]>([
    ['the tag is immutable', 'team/sub/deep:a', login('ada'), 'DENIED', { immutable: ['team/sub/deep:a'] }],
    ['a robot may not', 'team/sub/deep:a', login('robot$team+ci'), 'DENIED'],
    ['nobody is logged in', 'team/sub/deep:a', {}, 'UNAUTHORIZED'],
    ['there is no such tag', 'team/sub/deep:z', login('ada'), 'NOT_FOUND'],
  ])('changes nothing where %s', async (_, text, options, code, quirks) => {
    const { done, left } = await removal(`${host}/${text}`, options, quirks)
    await expect(done).rejects.toMatchObject({ code })
    expect(await left()).toEqual(['a', 'b', 'v1'])
  })

  it('T22: with its session cookie, the token of its CSRF check goes back', async () => {
    const harbor = await harborWith()
    const { client, world } = await meet(harbor.hosts, login('ada'))
    const catalog = await client.catalog(host)
    await all(catalog.repositories())
    await catalog.untag?.('team/app', 'v1')
    expect(harbor.csrfRefusals).toBe(0)
    expect(world.arrivals.at(-1)?.headers).toMatchObject({
      cookie: expect.stringMatching(/^sid=/),
      'x-harbor-csrf-token': expect.any(String),
    })
  })

  it.each(['../x', 'a/../../b', 'a?b', 'a%2fb'])('T18: never asks for a tag that is none: %j', async tag => {
    const { client, world } = await meet((await harborWith()).hosts, login('ada'))
    const catalog = await client.catalog(host)
    world.arrivals.length = 0
    await expect(catalog.untag?.('team/app', tag)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    await expect(catalog.untag?.('team/../library/nginx', 'v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(world.arrivals).toEqual([])
  })
})

describe('Harbor: logins and limits', () => {
  const attempt = async (username: string, password: string) => {
    const { client } = await meet((await harborWith()).hosts)
    return client.accounts.login(host, { kind: 'password', username, password }, { store: 'file' })
  }

  it.each([
    ['a CLI secret', 'ada', 'cli-secret'],
    ['a robot', 'robot$team+ci', 'robot-secret'],
  ])('takes %s', async (_, username, password) => {
    expect(await attempt(username, password)).toMatchObject({ verified: true })
  })

  it('refuses a wrong one', async () => {
    await expect(attempt('ada', 'wrong')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('quirk: a shell ate the $ of a robot, and the hint says so', async () => {
    await expect(attempt('robot+ci', 'robot-secret')).rejects.toMatchObject({
      hint: expect.stringContaining('single quotes'),
    })
  })

  it('tells of no limits', async () => {
    const { client } = await meet((await harborWith()).hosts)
    expect((await client.catalog(host)).limits).toBeUndefined()
  })
})
