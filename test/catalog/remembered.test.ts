import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { rememberedProducts } from '../../src/catalog/remembered.ts'

const hour = 3600 * 1000
let folder: string
let time: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regctl-products-'))
  time = 1_700_000_000_000
})
const products = () => rememberedProducts(folder, () => time)

describe('a product that was found', () => {
  it.each([
    ['harbor', 167, 'harbor'],
    ['harbor', 168, undefined],
    ['registry', 23, 'registry'],
    ['registry', 24, undefined],
    // A clock that was set back.
    ['harbor', -1, undefined],
  ] as const)('%s is known %i hours later: %s', async (product, hours, expected) => {
    await products().keep('a.test', { product })
    time += hours * hour
    expect((await products().of('a.test'))?.product).toBe(expected)
    expect(await products().of('b.test')).toBeUndefined()
  })

  it('is the last that was found, and what is stale is dropped from the file', async () => {
    await products().keep('a.test', { product: 'registry' })
    await products().keep('a.test', { product: 'nexus' })
    await products().keep('old.test', { product: 'registry' })
    time += 25 * hour
    await products().keep('new.test', { product: 'harbor' })
    await products().keep('a.test', { product: 'nexus' })
    expect(await products().of('a.test')).toEqual({ product: 'nexus' })
    const left = JSON.parse(await readFile(join(folder, 'products.json'), 'utf8'))
    // What was found last is forgotten last.
    expect(Object.keys(left)).toEqual(['new.test', 'a.test'])
  })

  it('T12: is one of five hundred and one at most', async () => {
    const entry = { product: 'harbor', at: time }
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`r${at}.test`, entry]))
    const path = join(folder, 'products.json')
    await writeFile(path, JSON.stringify(many))
    await products().keep('z.test', { product: 'harbor' })
    const kept = JSON.stringify(JSON.parse(await readFile(path, 'utf8'))).match(/\w+\.test/g)
    expect(kept).toHaveLength(501)
    expect(kept?.[0]).toBe('r200.test')
    expect(kept?.at(-1)).toBe('z.test')
  })

  it('by two at once is kept for both', async () => {
    await Promise.all(['a.test', 'b.test', 'c.test'].map(name => products().keep(name, { product: 'harbor' })))
    expect(await Promise.all(['a.test', 'b.test', 'c.test'].map(name => products().of(name)))).toEqual(
      Array(3).fill({ product: 'harbor' }),
    )
  })
})

describe('a file that is not as it was left', () => {
  it.each([
    ['no JSON', '{'],
    ['another shape', '"harbor"'],
    ['an unknown product', '{"a.test":{"product":"evil","at":1700000000000}}'],
    ['a time in words', '{"a.test":{"product":"harbor","at":"now"}}'],
    ['entries that are none', '{"a.test":null}'],
  ])('%s: nothing is known, and what is found next is kept', async (_, content) => {
    await writeFile(join(folder, 'products.json'), content)
    expect(await products().of('a.test')).toBeUndefined()
    await products().keep('a.test', { product: 'nexus' })
    expect(await products().of('a.test')).toEqual({ product: 'nexus' })
  })

  it('a folder in its place: nothing is known, and nothing fails', async () => {
    await mkdir(join(folder, 'products.json'))
    await products().keep('a.test', { product: 'nexus' })
    expect(await products().of('a.test')).toBeUndefined()
  })
})
