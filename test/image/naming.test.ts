import { describe, expect, it } from 'vitest'
import { type Naming, resolveTags, tagsNaming } from '../../src/image/naming.ts'
import { type ErrorCode, NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

const [one, two] = [makeImage({ seed: 'one' }).root, makeImage({ seed: 'two' }).root]

/** A source in which each tag names something, or fails to; what was asked for stands in `asked`. */
function source(tags: Readonly<Record<string, typeof one | Error>>, more: Partial<Store> = {}) {
  const asked: string[] = []
  const store = overriding(memoryStore(), {
    resolve: async tag => {
      asked.push(tag)
      const found = tags[tag] ?? new NotFoundError(`no ${tag}`)
      if (found instanceof Error) throw found
      return found
    },
    ...more,
  })
  return { store, asked }
}

async function* listed(...tags: string[]) {
  yield* tags
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const failure = (code: ErrorCode) => new RegctlError(code, `it is ${code}`)

describe('what tags name', () => {
  it('stands in their order; what vanished meanwhile is left out', async () => {
    const { store } = source({ b: one, a: two })
    expect(await all(resolveTags(store, listed('b', 'gone', 'a')))).toEqual([
      { tag: 'b', names: one },
      { tag: 'a', names: two },
    ])
  })

  it.each(['../manifests/x', '-v', 'a b', '', 'x'.repeat(129)])('T18: %j is no tag and not asked for', async name => {
    const { store, asked } = source({})
    expect(await all(resolveTags(store, listed(name)))).toEqual([])
    expect(asked).toEqual([])
  })

  it('but where images are named in full, such names are', async () => {
    const { store } = source({ 'docker.io/library/x:1': one }, { hasImageNames: true })
    expect(await all(resolveTags(store, listed('docker.io/library/x:1')))).toHaveLength(1)
  })

  it.each(['DENIED', 'CONTENT_INVALID', 'CONTENT_MISMATCH'] as const)(
    '%s of one is told beside the others',
    async code => {
      const { store } = source({ a: failure(code), b: one })
      expect(await all(resolveTags(store, listed('a', 'b')))).toEqual([
        { tag: 'a', error: { code, message: `it is ${code}` } },
        { tag: 'b', names: one },
      ])
    },
  )

  it.each(['UNREACHABLE', 'UNAUTHORIZED', 'RATE_LIMITED'] as const)(
    '%s speaks of the registry, and ends it',
    async code => {
      const { store } = source({ a: failure(code), b: one })
      await expect(all(resolveTags(store, listed('a', 'b')))).rejects.toMatchObject({ code })
    },
  )

  it('so does an abort, whatever it looks like', async () => {
    const stop = new AbortController()
    const resolve = async () => {
      stop.abort()
      throw failure('DENIED')
    }
    const { store } = source({}, { resolve })
    await expect(all(resolveTags(store, listed('a'), { signal: stop.signal }))).rejects.toMatchObject({
      code: 'DENIED',
    })
  })
})

it('those that name a digest, and those of which it is not known', async () => {
  const error = { code: 'DENIED', message: 'no' } as const
  const namings: Naming[] = [
    { tag: 'a', names: one },
    { tag: 'b', names: two },
    { tag: 'c', error },
    { tag: 'd', names: one },
  ]
  const found = await all(
    tagsNaming(
      (async function* () {
        yield* namings
      })(),
      one.digest,
    ),
  )
  expect(found.map(({ tag }) => tag)).toEqual(['a', 'c', 'd'])
})
