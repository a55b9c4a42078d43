import { describe, expect, it } from 'vitest'
import { planPattern, planRemoval } from '../../src/image/removal-plan.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { expectCode } from '../store/contract.ts'

const [app, other] = [makeImage({ seed: 'app' }), makeImage({ seed: 'other' })]
const index = makeIndex({ platforms: ['linux/amd64'], seed: 'index' })
const child = makeImage({ platform: 'linux/amd64', seed: 'index/linux/amd64' })

async function holding(tags: Record<string, Sample>): Promise<Store> {
  const store = memoryStore()
  for (const [tag, sample] of Object.entries(tags)) await seed(store, sample, tag)
  return store
}

describe('what goes with a manifest', () => {
  it('T28: every tag that names it, and no other', async () => {
    const store = await holding({ '1.0': app, v1: app, latest: app, '2.0': other })
    expect(await planRemoval(store, app.root)).toEqual({
      manifests: [{ ...app.root, tags: ['1.0', 'v1', 'latest'], partOf: [] }],
      kept: [],
      unread: [],
    })
  })

  it('no tag at all', async () => {
    const store = await holding({})
    await seed(store, app)
    expect((await planRemoval(store, app.root)).manifests).toEqual([{ ...app.root, tags: [], partOf: [] }])
  })

  it('the tagged indexes that list it (item 73)', async () => {
    const store = await holding({ '1.0': index, v1: index, amd64: child })
    expect((await planRemoval(store, child.root)).manifests).toMatchObject([{ tags: ['amd64'], partOf: ['1.0', 'v1'] }])
    expect((await planRemoval(store, index.root)).manifests).toMatchObject([{ tags: ['1.0', 'v1'], partOf: [] }])
  })

  it('not the list of referrers that it is in: its entry goes with it (item 68)', async () => {
    const store = await holding({ [app.root.digest.replace(':', '-')]: index, amd64: child })
    expect((await planRemoval(store, child.root)).manifests).toMatchObject([{ tags: ['amd64'], partOf: [] }])
  })

  it('tags that could not be looked up are told; one that vanished, and a name that is none, are not', async () => {
    const store = overriding(await holding({ a: app, b: app, gone: app, '../c': app }), {
      resolve: async reference => {
        if (reference === 'gone') throw new RegctlError('NOT_FOUND', 'gone')
        if (reference === '../c') throw new Error('T18: asked for')
        if (reference === 'b') throw new RegctlError('CONTENT_INVALID', 'odd')
        return app.root
      },
    })
    expect(await planRemoval(store, app.root)).toMatchObject({
      manifests: [{ tags: ['a'] }],
      unread: [{ tag: 'b', error: { code: 'CONTENT_INVALID', message: 'odd' } }],
    })
  })

  it.each(['UNAUTHORIZED', 'UNREACHABLE', 'RATE_LIMITED'] as const)('nothing is planned after %s', async code => {
    const store = overriding(await holding({ a: app }), {
      resolve: async () => {
        throw new RegctlError(code, 'no')
      },
    })
    await expectCode(planRemoval(store, app.root), code)
  })
})

describe('what a pattern takes', () => {
  it.each<[string, string[], string[], string[]]>([
    ['only images whose every tag matches', ['pr-*'], [], ['pr-2']],
    ['a shared image when all its tags match', ['pr-*', '1.0'], [], ['pr-1', '1.0', 'pr-2']],
    ['nothing that is excluded', ['pr-*'], ['pr-2'], []],
    ['everything', ['*'], [], ['pr-1', '1.0', 'pr-2']],
    ['nothing', ['no-such-*'], [], []],
  ])('T28: %s', async (_what, filter, exclude, expected) => {
    const store = await holding({ 'pr-1': app, '1.0': app, 'pr-2': other })
    const { manifests } = await planPattern(store, { filter, exclude })
    expect(manifests.flatMap(({ tags }) => tags)).toEqual(expected)
  })

  it('T28: says why the others stay', async () => {
    const store = await holding({ 'pr-1': app, '1.0': app, '2.0': index, 'pr-amd64': child })
    const { manifests, kept } = await planPattern(store, { filter: ['pr-*'] })
    expect(manifests).toEqual([])
    expect(kept).toMatchObject([
      { digest: app.root.digest, tags: ['pr-1', '1.0'], because: ['1.0'] },
      { digest: child.root.digest, tags: ['pr-amd64'], because: ['2.0'] },
    ])
  })

  it('T28: a part of an index that stays stays, however deep', async () => {
    const shared = await holding({ 'pr-index': index, stable: index, 'pr-amd64': child })
    expect((await planPattern(shared, { filter: ['pr-*'] })).manifests).toEqual([])
    const outer = makeIndex({ platforms: ['linux/amd64'], nested: true, seed: 'index' })
    const nested = await holding({ stable: outer, 'pr-index': index, 'pr-amd64': child })
    const { manifests, kept } = await planPattern(nested, { filter: ['pr-*'] })
    expect(manifests).toEqual([])
    expect(kept.map(({ tags, because }) => [tags, because])).toEqual([
      [['pr-index'], ['stable']],
      [['pr-amd64'], ['pr-index']],
    ])
  })

  it('T28: nothing goes that a tag outside may name which could not be looked up', async () => {
    const store = await holding({ 'pr-1': app, 'pr-odd': app, stable: app })
    const odd = (name: string) =>
      overriding(store, {
        resolve: async reference => {
          if (reference === name) throw new RegctlError('CONTENT_INVALID', 'odd')
          return app.root
        },
      })
    const { manifests, kept } = await planPattern(odd('stable'), { filter: ['pr-*'] })
    expect([manifests, kept]).toMatchObject([[], [{ tags: ['pr-1', 'pr-odd'], because: ['stable'] }]])
    const whole = await planPattern(odd('pr-odd'), { filter: ['pr-*', 'stable'] })
    expect(whole).toMatchObject({ manifests: [{ tags: ['pr-1', 'stable'] }], kept: [], unread: [{ tag: 'pr-odd' }] })
  })

  it('T28: a part of an index stays, however many indexes there are', async () => {
    const many = Array.from(
      { length: 20 },
      (_, at) => [`1.${at}`, makeIndex({ platforms: ['linux/amd64'], seed: `other ${at}` })] as const,
    )
    const store = await holding({ ...Object.fromEntries(many), '2.0': index, 'pr-amd64': child })
    const { manifests, kept } = await planPattern(store, { filter: ['pr-*'] })
    expect([manifests, kept]).toMatchObject([[], [{ digest: child.root.digest, because: ['2.0'] }]])
  })

  it.each(['SERVER_FAILED', 'RATE_LIMITED', 'DENIED'] as const)(
    'T28: nothing is planned when an index cannot be read (%s)',
    async code => {
      const store = await holding({ '2.0': index, 'pr-amd64': child })
      const failing = overriding(store, {
        fetch: async () => {
          throw new RegctlError(code, 'no')
        },
      })
      await expectCode(planPattern(failing, { filter: ['pr-*'] }), code)
    },
  )

  it('a part of an index goes with the index', async () => {
    const store = await holding({ 'pr-2': index, 'pr-amd64': child })
    expect(await planPattern(store, { filter: ['pr-*'] })).toMatchObject({
      manifests: [{ tags: ['pr-2'] }, { tags: ['pr-amd64'] }],
      kept: [],
    })
  })

  it.each(['[', 'a*'.repeat(5), 'x'.repeat(2000)])('refuses %s', async pattern => {
    await expectCode(planPattern(await holding({ a: app }), { filter: [pattern] }), 'USAGE')
  })
})

it('looks up no tag when a pattern matches none, and tells how many otherwise', async () => {
  const told: number[] = []
  const asked: string[] = []
  const store = await holding({ a: app, b: app, c: other })
  const watched = overriding(store, {
    resolve: async (reference, options) => {
      asked.push(reference)
      return store.resolve(reference, options)
    },
  })
  const onLookedUp = (count: number) => told.push(count)
  expect(await planPattern(watched, { filter: ['pr-*'] }, { onLookedUp })).toEqual({
    manifests: [],
    kept: [],
    unread: [],
  })
  expect([asked, told]).toEqual([[], []])
  await planPattern(watched, { filter: ['a'] }, { onLookedUp })
  expect([asked, told]).toEqual([
    ['a', 'b', 'c'],
    [1, 2, 3],
  ])
})
