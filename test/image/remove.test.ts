import { describe, expect, it } from 'vitest'
import { type Doomed, planPattern } from '../../src/image/removal-plan.ts'
import { removeManifests } from '../../src/image/remove.ts'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'
import { RegistryError } from '../../src/registry/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { collect, expectCode } from '../store/contract.ts'

const [a, b, c] = [makeImage(), makeImage(), makeImage()]

/** A store of three images that refuses to delete some, and what was planned of it. */
async function failing(codes: Record<string, ErrorCode>) {
  const store = memoryStore()
  for (const [tag, sample] of Object.entries({ a, b, c })) await seed(store, sample, tag)
  const { manifests } = await planPattern(store, { filter: ['*'] })
  const codeOf = ({ digest }: { digest: string }) => {
    const doomed = manifests.find(each => each.digest === digest)
    return codes[doomed?.tags[0] ?? '']
  }
  return {
    manifests,
    store: overriding(store, {
      delete: async (target, options) => {
        const code = codeOf(target)
        if (code) throw new RegctlError(code, `no: ${code}`)
        await store.delete(target, options)
      },
    }),
  }
}
const tagsOf = (manifests: readonly Doomed[]) => manifests.flatMap(({ tags }) => tags)

describe('removing manifests', () => {
  it('removes them all, with their tags', async () => {
    const { store, manifests } = await failing({})
    const result = await removeManifests(store, manifests)
    expect([tagsOf(result.manifests), result.failed]).toEqual([['a', 'b', 'c'], []])
    expect(await collect(store.tags())).toEqual([])
  })

  it('goes on after one that fails', async () => {
    const { store, manifests } = await failing({ b: 'FAILED' })
    const result = await removeManifests(store, manifests)
    expect(tagsOf(result.manifests)).toEqual(['a', 'c'])
    expect(result.failed).toMatchObject([{ tags: ['b'], error: { code: 'FAILED', message: 'no: FAILED' } }])
    expect(await collect(store.tags())).toEqual(['b'])
  })

  it('asks no more of a registry that deletes nothing', async () => {
    const { store, manifests } = await failing({ b: 'DENIED', c: 'FAILED' })
    const result = await removeManifests(store, manifests, { jobs: 1 })
    expect(result.failed.map(({ error }) => error.code)).toEqual(['DENIED', 'DENIED'])
  })

  it('is a failure when none was removed', async () => {
    const { store, manifests } = await failing({ a: 'UNSUPPORTED', b: 'UNSUPPORTED', c: 'UNSUPPORTED' })
    await expectCode(removeManifests(store, manifests), 'UNSUPPORTED')
    expect(await collect(store.tags())).toEqual(['a', 'b', 'c'])
  })

  it('what is missing is a failure, unless that is to be ignored', async () => {
    const { store, manifests } = await failing({ a: 'NOT_FOUND', b: 'NOT_FOUND', c: 'NOT_FOUND' })
    await expectCode(removeManifests(store, manifests), 'NOT_FOUND')
    expect((await removeManifests(store, manifests, { ignoreMissing: true })).failed).toEqual([])
  })

  it('removes the tags first where a registry wants that', async () => {
    const { store, manifests } = await failing({})
    const strict = overriding(store, {
      delete: async (target, options) => {
        for await (const tag of store.tags()) {
          if ((await store.resolve(tag)).digest !== target.digest) continue
          const details = { status: 400, registryCodes: ['GOOGLE_MANIFEST_DANGLING_TAG'] }
          throw new RegistryError('FAILED', `Manifest is still referenced by tag: ${tag}`, details)
        }
        await store.delete(target, options)
      },
    })
    expect(tagsOf((await removeManifests(strict, manifests.slice(0, 1))).manifests)).toEqual(['a'])
    expect(await collect(store.tags())).toEqual(['b', 'c'])
    await expectCode(store.resolve(a.root.digest), 'NOT_FOUND')
  })

  it('T28: a tag that has moved since the plan is not removed with what it named', async () => {
    const { store, manifests } = await failing({})
    await seed(store, makeImage({ seed: 'moved' }), 'a')
    const untagged: string[] = []
    const strict = overriding(store, {
      delete: async () => {
        throw new RegistryError('FAILED', 'in use', { status: 400, registryCodes: ['GOOGLE_MANIFEST_DANGLING_TAG'] })
      },
      untag: async tag => void untagged.push(tag),
    })
    await expectCode(removeManifests(strict, manifests.slice(0, 1)), 'FAILED')
    expect([manifests[0]?.tags, untagged]).toEqual([['a'], []])
  })

  it('removes an index before what it lists', async () => {
    const store = memoryStore()
    const samples: Record<string, Sample> = {
      child: makeImage({ platform: 'linux/amd64', seed: 'order/linux/amd64' }),
      index: makeIndex({ platforms: ['linux/amd64'], seed: 'order' }),
    }
    for (const [tag, sample] of Object.entries(samples)) await seed(store, sample, tag)
    const order: string[] = []
    const watched = overriding(store, {
      delete: async target => {
        order.push(target.digest)
      },
    })
    await removeManifests(watched, (await planPattern(store, { filter: ['*'] })).manifests)
    expect(order).toEqual([samples.index?.root.digest, samples.child?.root.digest])
  })
})
