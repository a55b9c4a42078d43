import type { RequestListener } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { planRemoval } from '../../src/image/removal-plan.ts'
import { untag } from '../../src/image/untag.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { registryMemory } from '../../src/registry/endpoint.ts'
import { RegistryStore } from '../../src/registry/store.ts'
import type { Store } from '../../src/store/store.ts'
import { closing, testWire } from '../helpers/http-send.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { collect, expectCode } from '../store/contract.ts'

interface Refusal {
  status: number
  code?: string
  message?: string
}

/** How products answer DELETE of a tag; a manifest by its digest they may delete, or not. */
const products: Record<string, { host: string; tag: Refusal; digest?: Refusal; hint: RegExp }> = {
  'docker-registry 2.8': {
    host: 'registry.test',
    tag: { status: 400, code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' },
    hint: /--dummy-manifest/,
  },
  Harbor: {
    host: 'harbor.test',
    tag: { status: 400, code: 'UNSUPPORTED', message: 'the operation is unsupported' },
    hint: /--dummy-manifest/,
  },
  'Docker Hub': {
    host: 'docker.io',
    tag: { status: 405, code: 'UNSUPPORTED' },
    digest: { status: 405, code: 'UNSUPPORTED' },
    hint: /hub\.docker\.com\/r\/ann\/app\/tags/,
  },
  GHCR: {
    host: 'ghcr.io',
    tag: { status: 405, code: 'UNSUPPORTED', message: 'The operation is unsupported.' },
    digest: { status: 405, code: 'UNSUPPORTED', message: 'The operation is unsupported.' },
    hint: /github\.com\/ann\?tab=packages/,
  },
}

const image = makeImage()

/** `ann/app` on such a product, with three tags of one image. */
async function mock(name: string, sample: Sample = image, wrap?: (handler: RequestListener) => RequestListener) {
  const product = products[name]
  if (!product) throw new Error(`there is no mock of ${name}`)
  const server = closing(
    await startServer({
      wrap: handler => {
        const outer = wrap?.(handler) ?? handler
        return (req, res) => {
          const reference = /\/manifests\/(.*)/.exec(req.url ?? '')?.[1] ?? ''
          const refusal = reference.includes(':') ? product.digest : product.tag
          if (req.method !== 'DELETE' || !refusal) return outer(req, res)
          const { status, code, message } = refusal
          res.writeHead(status, { 'content-type': 'application/json' })
          res.end(JSON.stringify({ errors: [{ code, message }] }))
        }
      },
    }),
  )
  const store = storeAt(server, product.host)
  for (const tag of ['1.0', '1', 'latest']) await seed(store, sample, tag)
  server.requests.length = 0
  return { store, server, ...product }
}

function storeAt(server: TestServer, host: string): Store {
  const registry = { ...registryMemory(host), name: host, baseUrl: server.url, send: testWire() }
  return new RegistryStore(registry, 'ann/app', { write: true })
}

const tagsOf = async (store: Store) => (await collect(store.tags())).sort()
const writes = ({ requests }: TestServer) =>
  requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, url }) => `${method} ${url}`)

describe('T28: where a registry removes no single tag', () => {
  it.each(Object.keys(products))('%s: nothing is changed, and it says why and what to do', async name => {
    const { store, server, host, hint } = await mock(name)
    const error = await untag({ store, reference: '1' }).catch(thrown => thrown)
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: `${host} cannot remove a single tag: ${host}/ann/app:1 stays as it is`,
      hint: expect.stringMatching(hint),
    })
    expect(writes(server)).toEqual(['DELETE /v2/ann/app/manifests/1'])
    expect(await tagsOf(store)).toEqual(['1', '1.0', 'latest'])
  })

  it.each(Object.keys(products))("%s: the product's own interface is used where there is one", async name => {
    const { store, server } = await mock(name)
    const own = vi.fn(async () => {})
    expect(await untag({ store, reference: '1' }, { product: async () => own })).toBe('product')
    expect(own).toHaveBeenCalledExactlyOnceWith('1', { signal: undefined })
    expect(writes(server)).toEqual(['DELETE /v2/ann/app/manifests/1'])
  })

  it.each(Object.keys(products))('%s: what is not there is not found', async name => {
    await expectCode(untag({ store: (await mock(name)).store, reference: 'nobody' }), 'NOT_FOUND')
  })

  it('where that interface cannot do it either, it says so', async () => {
    const { store } = await mock('Harbor')
    const own = async () => {
      throw new RegctlError('UNSUPPORTED', 'a proxy cache keeps its tags', { hint: 'ask the origin' })
    }
    await expect(untag({ store, reference: '1' }, { product: async () => own })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'a proxy cache keeps its tags: harbor.test/ann/app:1 stays as it is',
      hint: 'ask the origin',
    })
    expect(await untag({ store, reference: '1' }, { product: async () => own, standIn: true })).toBe('stand-in')
    expect(await tagsOf(store)).toEqual(['1.0', 'latest'])
  })

  it('a failure of that interface is the failure', async () => {
    const { store } = await mock('Harbor')
    const own = async () => {
      throw new RegctlError('DENIED', 'no')
    }
    await expectCode(untag({ store, reference: '1' }, { product: async () => own, standIn: true }), 'DENIED')
    expect(await tagsOf(store)).toEqual(['1', '1.0', 'latest'])
  })
})

describe('where a registry removes one', () => {
  it('the siblings stay, and nothing else is asked', async () => {
    const server = closing(await startServer())
    const store = storeAt(server, 'registry.test')
    for (const tag of ['1.0', '1', 'latest']) await seed(store, image, tag)
    const product = vi.fn(async () => undefined)
    server.requests.length = 0
    expect(await untag({ store, reference: '1' }, { product, standIn: true })).toBe('protocol')
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['DELETE /v2/ann/app/manifests/1'])
    expect(product).not.toHaveBeenCalled()
    expect(await tagsOf(store)).toEqual(['1.0', 'latest'])
    await expectCode(untag({ store, reference: '1' }), 'NOT_FOUND')
  })
})

describe('a stand-in (item 70)', () => {
  const samples: [string, Sample][] = [
    ['an image', image],
    ["an image of Docker's types", makeImage({ docker: true })],
    ['an index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })],
  ]
  it.each(samples)('T28: takes the tag of %s along, and deletes no digest but its own', async (_what, sample) => {
    const { store, server } = await mock('Harbor', sample)
    expect(await untag({ store, reference: '1' }, { standIn: true })).toBe('stand-in')
    expect(await tagsOf(store)).toEqual(['1.0', 'latest'])
    expect(await store.resolve('latest')).toEqual(sample.root)
    const deleted = writes(server).filter(line => line.startsWith('DELETE') && line.includes('sha256:'))
    expect(deleted).toHaveLength(1)
    expect(deleted.join()).not.toContain(sample.root.digest)
    expect((await planRemoval(store, sample.root)).manifests).toMatchObject([{ tags: ['1.0', 'latest'] }])
  })

  it('is another one each time', async () => {
    const { store, server } = await mock('Harbor')
    for (const reference of ['1', '1.0']) await untag({ store, reference }, { standIn: true })
    const deleted = writes(server).filter(line => line.startsWith('DELETE') && line.includes('sha256:'))
    expect(new Set(deleted).size).toBe(2)
    expect(await tagsOf(store)).toEqual(['latest'])
  })

  it('T28: where digests are not deleted either, the tag is given back', async () => {
    const { store } = await mock('GHCR')
    const error = await untag({ store, reference: '1' }, { standIn: true }).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('names its image again') })
    expect(await tagsOf(store)).toEqual(['1', '1.0', 'latest'])
    expect(await store.resolve('1')).toEqual(image.root)
  })

  it('T28: deletes nothing when somebody else moved the tag meanwhile, and leaves it to them', async () => {
    const theirs = makeImage()
    let moved: (() => Promise<unknown>) | undefined
    const { store, server } = await mock('Harbor', image, handler => (req, res) => {
      if (req.method === 'HEAD' && req.url?.endsWith('/manifests/1') && moved) {
        const move = moved
        moved = undefined
        void move().then(() => handler(req, res))
      } else handler(req, res)
    })
    let puts = 0
    const watched = new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (name !== 'push' || typeof member !== 'function')
          return typeof member === 'function' ? member.bind(target) : member
        return async (...args: unknown[]) => {
          const outcome: unknown = await member.apply(target, args)
          puts++
          // After the stand-in's manifest, before the look at the tag.
          if (puts === 2) moved = () => seed(storeAt(server, 'harbor.test'), theirs, '1')
          return outcome
        }
      },
    })
    await expectCode(untag({ store: watched, reference: '1' }, { standIn: true }), 'FAILED')
    expect(await store.resolve('1')).toEqual(theirs.root)
    expect(writes(server).filter(line => line.startsWith('DELETE') && line.includes('sha256:'))).toEqual([])
  })

  it('gives the tag back where the registry keeps it beyond what it named', async () => {
    const { store } = await mock('Harbor', image, handler => (req, res) => {
      if (req.method === 'DELETE') res.writeHead(202).end()
      else handler(req, res)
    })
    await expectCode(untag({ store, reference: '1' }, { standIn: true }), 'FAILED')
    expect(await store.resolve('1')).toEqual(image.root)
  })
})
