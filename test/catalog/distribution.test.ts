import { describe, expect, it } from 'vitest'
import { makeImage } from '../helpers/images.ts'
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
