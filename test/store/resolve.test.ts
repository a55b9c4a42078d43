import { describe, expect, it } from 'vitest'
import { NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { lookUp, resolvePlace } from '../../src/store/resolve.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage, seed } from '../helpers/images.ts'

async function storeWith(...tags: string[]): Promise<Store> {
  const store = memoryStore('memory:app')
  const image = makeImage()
  for (const tag of tags) await seed(store, image, tag)
  return store
}

const missing = (store: Store, reference: string) => resolvePlace({ store, reference }).catch(error => error)

describe('a tag that is missing', () => {
  it.each([
    ['1.0', ['1.0.0', '2.0.0'], 'did you mean 1.0.0?'],
    ['1.2.4', ['1.2.3', '9'], 'did you mean 1.2.3?'],
    ['latest', ['main', 'dev'], 'its tags are main, dev'],
    ['latest', ['1.0', '1.1', '1.2', '2.0', '2.1'], 'its tags are 1.0, 1.1, 1.2 and 2 more'],
    ['latest', [], undefined],
  ])('%s, of %j: %s', async (reference, tags, hint) => {
    expect(await missing(await storeWith(...tags), reference)).toMatchObject({ code: 'NOT_FOUND', hint })
  })

  it('T14: hints of no name that is no tag', async () => {
    const store = await storeWith('main')
    store.tags = async function* () {
      yield 'a b\u001b[2J'
      yield 'x'.repeat(5000)
      yield 'main'
    }
    expect(await missing(store, 'latest')).toMatchObject({ hint: 'its tags are main' })
  })

  it('is told as a missing repository where that is missing', async () => {
    const store = await storeWith()
    store.tags = () => failing(new NotFoundError('there is no repository app'))
    expect(await missing(store, '1.0')).toMatchObject({ message: 'there is no repository app' })
  })

  it('stays the failure when its tags cannot be listed', async () => {
    const store = await storeWith()
    store.tags = () => failing(new RegctlError('DENIED', 'no list for you'))
    expect(await missing(store, '1.0')).toMatchObject({ message: 'memory:app has no 1.0' })
  })
})

async function* failing(error: Error): AsyncGenerator<string> {
  if (error) throw error
  yield ''
}

describe('lookUp', () => {
  it('tells what a tag names, and of none that there is nothing', async () => {
    const [store, image] = [memoryStore('memory:app'), makeImage()]
    await seed(store, image, 'main')
    expect(await lookUp(store, 'main')).toMatchObject({ digest: image.root.digest })
    expect(await lookUp(store, 'dev')).toBeUndefined()
  })

  it('fails as the store does', async () => {
    const store = await storeWith('main')
    store.resolve = async () => {
      throw new RegctlError('UNREACHABLE', 'gone')
    }
    await expect(lookUp(store, 'main')).rejects.toThrow('gone')
  })
})
