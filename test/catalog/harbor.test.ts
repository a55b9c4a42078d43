import { describe, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { createHarbor, type HarborQuirks } from '../helpers/registries/harbor.ts'
import { all, meet } from '../helpers/registries/meet.ts'

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
        updated: '2026-10-01T10:00:00Z',
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
