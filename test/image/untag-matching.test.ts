import { describe, expect, it } from 'vitest'
import { untagMatching } from '../../src/image/untag-matching.ts'
import { type ErrorCode, NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { overriding } from '../helpers/stores.ts'

const failure = (code: ErrorCode) => new RegctlError(code, `it is ${code}`)

/** A store of these tags, of which some cannot be removed; `gone` are those that were. */
function storeOf(tags: readonly string[], failures: Readonly<Record<string, Error>> = {}, more: Partial<Store> = {}) {
  const gone: string[] = []
  const tried: string[] = []
  const store = overriding(memoryStore(), {
    tags: async function* () {
      yield* tags
    },
    resolve: async () => ({ mediaType: 'a/b', digest: `sha256:${'0'.repeat(64)}`, size: 1 }),
    untag: async tag => {
      tried.push(tag)
      const error = failures[tag]
      if (error) throw error
      gone.push(tag)
    },
    delete: async () => expect.unreachable(),
    ...more,
  })
  return { store, gone, tried }
}

describe('T28: the tags that match are removed, and no others', () => {
  it.each<[string[], string[], string[]]>([
    [['pr-*'], [], ['pr-1', 'pr-2']],
    [['pr-*'], ['pr-2'], ['pr-1']],
    [['pr-1', 'v*'], [], ['pr-1', 'v1']],
    [['*'], ['*'], []],
    [['nothing'], [], []],
    [['PR-*'], [], []],
  ])('%j but %j: %j', async (filter, exclude, expected) => {
    const { store, gone } = storeOf(['latest', 'pr-1', 'pr-2', 'v1'])
    expect(await untagMatching(store, { filter, exclude }, {})).toEqual({ tags: expected })
    expect(gone).toEqual(expected)
  })

  it('a rehearsal removes none', async () => {
    const { store, tried } = storeOf(['pr-1', 'v1'])
    expect(await untagMatching(store, { filter: ['pr-*'] }, { dryRun: true })).toEqual({ tags: ['pr-1'] })
    expect(tried).toEqual([])
  })

  it('T18: what is no tag is not asked for, whatever matches it', async () => {
    const { store, tried } = storeOf(['../manifests/x', 'a b', 'pr-1'])
    expect(await untagMatching(store, { filter: ['*', '**'] }, {})).toEqual({ tags: ['pr-1'] })
    expect(tried).toEqual(['pr-1'])
  })
})

describe('a tag that cannot be removed', () => {
  const tags = ['a', 'b', 'c', 'd']
  const run = async (failures: Record<string, Error>, more: Partial<Parameters<typeof untagMatching>[2]> = {}) => {
    const { store, tried } = storeOf(tags, failures)
    return { done: await untagMatching(store, { filter: ['*'] }, more), tried }
  }

  it('is told, and the others are removed', async () => {
    const { done } = await run({ b: failure('DENIED') })
    expect(done.tags).toEqual(['a', 'c', 'd'])
    expect(done.failed).toMatchObject([{ tags: ['b'], error: { code: 'DENIED' } }])
  })

  it('because somebody else removed it is gone, as was asked', async () => {
    expect((await run({ b: new NotFoundError('no b') })).done).toEqual({ tags })
  })

  it.each(['UNREACHABLE', 'RATE_LIMITED', 'UNAUTHORIZED'] as const)(
    'with %s ends it, and those behind it stand beside it',
    async code => {
      const { done, tried } = await run({ b: failure(code) })
      expect(done).toMatchObject({ tags: ['a'], failed: [{ tags: ['b', 'c', 'd'], error: { code } }] })
      expect(tried).toEqual(['a', 'b'])
    },
  )

  it.each(['UNREACHABLE', 'UNAUTHORIZED', 'UNSUPPORTED'] as const)('with %s as the first is an error', async code => {
    await expect(run({ a: failure(code) })).rejects.toMatchObject({ code })
  })

  it('for a reason of its own as the first is not', async () => {
    expect((await run({ a: failure('DENIED') })).done.tags).toEqual(['b', 'c', 'd'])
  })

  it('because of an abort, or by a defect, is an error at any place', async () => {
    await expect(run({ c: failure('DENIED') }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'DENIED',
    })
    await expect(run({ c: new TypeError('x') })).rejects.toThrow(TypeError)
  })
})
