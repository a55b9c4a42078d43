import { describe, expect, it } from 'vitest'
import { describeTags } from '../../src/image/tags.ts'
import { InvalidContentError, RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage, seed } from '../helpers/images.ts'

async function storeWhere(resolve: (tag: string) => Error | undefined): Promise<Store> {
  const store = memoryStore('memory:app')
  await seed(store, makeImage(), 'good')
  const { resolve: really } = store
  store.resolve = async (reference, options) => {
    const error = resolve(reference)
    if (error) throw error
    return really.call(store, reference, options)
  }
  return store
}

describe('describeTags', () => {
  it('keeps the others when one cannot be read', async () => {
    const bad = new InvalidContentError('schema 1 is no manifest')
    const tags = await describeTags(await storeWhere(tag => (tag === 'old' ? bad : undefined)), ['old', 'good'], {})
    expect(tags[0]).toEqual({ name: 'old', error: { code: 'CONTENT_INVALID', message: 'schema 1 is no manifest' } })
    expect(tags[1]).toMatchObject({ name: 'good', platforms: ['linux/amd64'] })
  })

  it('T18: asks for no name that is no tag', async () => {
    const asked: string[] = []
    const store = await storeWhere(tag => void asked.push(tag))
    const hostile = '../../other/manifests/x'
    expect((await describeTags(store, [hostile, 'good', 'gone'], {}))[0]).toEqual({ name: hostile })
    expect(asked).toEqual(['good', 'gone'])
  })

  it.each(['UNAUTHORIZED', 'RATE_LIMITED', 'UNREACHABLE'] as const)('%s is of all tags and ends it', async code => {
    const store = await storeWhere(() => new RegctlError(code, 'no'))
    await expect(describeTags(store, ['a', 'b'], {})).rejects.toMatchObject({ code })
  })
})
