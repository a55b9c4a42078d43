import { describe, expect, it } from 'vitest'
import { searchRegistry } from '../../src/catalog/search.ts'
import { copy } from '../../src/copy/copy.ts'
import { inspect } from '../../src/image/inspect.ts'
import { untag } from '../../src/image/untag.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeArtifact, makeImage, seed } from '../helpers/images.ts'
import { createDistribution, type DistributionQuirks } from '../helpers/registries/distribution.ts'
import { all, meet } from '../helpers/registries/meet.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const host = 'registry.example:5000'
const versions = ['2.8', '3.0', '3.1'] as const

async function distributionWith(quirks: DistributionQuirks = {}, users?: Record<string, string>) {
  const distribution = createDistribution({ quirks, ...(users && { users }) })
  await distribution.contents.push('demo/app', makeImage(), 'v1', 'v2')
  await distribution.contents.push('demos/other', makeImage(), 'v1')
  return distribution
}
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

describe('distribution: repos', () => {
  it.each(versions)('%s: all pages of its catalog', async version => {
    const distribution = await distributionWith({ version })
    for (const at of numbers(1200))
      await distribution.contents.push(`many/app-${at}`, makeImage({ layers: 0, seed: 'x' }), 'v1')
    const { client } = await meet(distribution.hosts)
    const list = names(await all((await client.catalog(host)).repositories()))
    expect([list.length, new Set(list).size]).toEqual([1202, 1202])
  })

  it('quirk: a page larger than catalog.maxentries is refused, and asked for again without a size', async () => {
    const { client } = await meet((await distributionWith({ version: '3.0', maxEntries: 500 })).hosts)
    expect(names(await all((await client.catalog(host)).repositories()))).toEqual(['demo/app', 'demos/other'])
  })

  it.each([
    ['demo', ['demo/app']],
    ['demo/', ['demo/app']],
    ['demo/app', ['demo/app']],
    ['dem', []],
  ])('below the prefix %s', async (prefix, expected) => {
    const { client } = await meet((await distributionWith()).hosts)
    expect(names(await all((await client.catalog(host)).repositories({ prefix })))).toEqual(expected)
  })
})

describe('distribution: search', () => {
  it.each<[words: string, options: object, found: string[]]>([
    ['demo', {}, ['demo/app', 'demos/other']],
    ['DEMO app', {}, ['demo/app']],
    ['demo', { limit: 1 }, ['demo/app']],
    ['nothing', {}, []],
  ])('%j with %j finds %j in its catalog', async (words, options, found) => {
    const { client } = await meet((await distributionWith()).hosts)
    expect(names(await searchRegistry(await client.catalog(host), words, options))).toEqual(found)
  })

  it('has no official images, and no limits', async () => {
    const { client } = await meet((await distributionWith()).hosts)
    const catalog = await client.catalog(host)
    await expect(searchRegistry(catalog, 'demo', { official: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(catalog.limits).toBeUndefined()
  })
})

describe('distribution: tags', () => {
  it.each(versions)('%s: all 2,500, once each', async version => {
    const distribution = await distributionWith({ version })
    const tags = numbers(2500).map(at => `v${at}`)
    await distribution.contents.push('demo/many', makeImage({ layers: 0 }), ...tags)
    const { client } = await meet(distribution.hosts)
    expect((await all((await client.openRepository(`${host}/demo/many`)).tags())).sort()).toEqual(tags.sort())
  })

  it('reads size, platforms and age from the manifests', async () => {
    const { client } = await meet((await distributionWith()).hosts)
    const tags = await client.describeTags(await client.openRepository(`${host}/demo/app`), ['v1', 'v2'])
    const common = {
      digest: expect.any(String),
      size: expect.any(Number),
      platforms: ['linux/amd64'],
      created: '2024-01-02T03:04:05Z',
    }
    expect(tags).toEqual(['v1', 'v2'].map(name => ({ name, ...common, mediaType: expect.any(String) })))
  })
})

describe('distribution: inspect, and copies in and out', () => {
  it.each(versions)('%s: copies out and in, and inspects', async version => {
    const { client } = await meet((await distributionWith({ version })).hosts)
    const memory = memoryStore('memory')
    const out = await copy(await client.open(`${host}/demo/app:v1`), { store: memory, reference: 'v1' })
    const into = await copy(
      { store: memory, reference: 'v1' },
      await client.open(`${host}/demo/mirror:v1`, { write: true }),
    )
    expect(into.digest).toBe(out.digest)
    const place = await client.open(`${host}/demo/mirror:v1`)
    expect((await inspect(place.store, await place.store.resolve('v1'), { reference: 'x' })).digest).toBe(out.digest)
  })

  it.each(versions)('quirk: %s tells of no referrers: a list by the tag schema does', async version => {
    const { client } = await meet((await distributionWith({ version })).hosts)
    const { store } = await client.open(`${host}/demo/app:v1`, { write: true })
    const subject = await store.resolve('v1')
    const memory = memoryStore('memory')
    const attached = makeArtifact({ artifactType: 'application/spdx+json', subject })
    await seed(memory, attached, 'sbom')
    await copy({ store: memory, reference: 'sbom' }, { store, reference: attached.root.digest })
    expect((await all(store.referrers(subject))).map(({ digest }) => digest)).toEqual([attached.root.digest])
  })
})

describe('distribution: deletion of one tag', () => {
  const removal = async (quirks: DistributionQuirks, tag: string) => {
    const distribution = await distributionWith(quirks)
    const { client } = await meet(distribution.hosts)
    const catalog = await client.catalog(host)
    expect(catalog.untag).toBeUndefined()
    const done = client.open(`${host}/demo/app:${tag}`, { change: true }).then(place => untag(place))
    return { done, left: async () => names((await distribution.contents.rows('demo/app')) ?? []) }
  }

  it.each(['3.0', '3.1'] as const)('%s removes it by the protocol', async version => {
    const { done, left } = await removal({ version }, 'v1')
    expect(await done).toBe('protocol')
    expect(await left()).toEqual(['v2'])
  })

  it.each<[quirk: string, quirks: DistributionQuirks, tag: string, code: string]>([
    ['2.8 says 400 DIGEST_INVALID for a tag', { version: '2.8' }, 'v1', 'UNSUPPORTED'],
    ['deletion is switched off: 405', { version: '3.1', deleteOff: true }, 'v1', 'UNSUPPORTED'],
    ['there is no such tag', { version: '3.1' }, 'v9', 'NOT_FOUND'],
  ])('quirk: %s, and nothing is removed', async (_, quirks, tag, code) => {
    const { done, left } = await removal(quirks, tag)
    await expect(done).rejects.toMatchObject({ code })
    expect(await left()).toEqual(['v1', 'v2'])
  })
})

describe('distribution: logins', () => {
  it('takes the right one, and no wrong one', async () => {
    const { client } = await meet((await distributionWith({}, { ada: 'secret' })).hosts)
    const login = (password: string) =>
      client.accounts.login(host, { kind: 'password', username: 'ada', password }, { store: 'file' })
    expect(await login('secret')).toMatchObject({ verified: true })
    await expect(login('wrong')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})
