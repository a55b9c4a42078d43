import { describe, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { createHub, type HubQuirks } from '../helpers/registries/hub.ts'
import { all, meet } from '../helpers/registries/meet.ts'

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
        updated: '2026-10-01T10:00:00.123Z',
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
