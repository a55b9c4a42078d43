import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { retag } from '../../src/image/retag.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer, type TestServerOptions } from '../helpers/server.ts'
import { collect, expectCode } from '../store/contract.ts'

const [image, other] = [makeImage(), makeImage()]

describe.each<[string, () => Promise<Store>]>([
  ['memory', async () => memoryStore()],
  ['an OCI layout', async () => layoutStore(await mkdtemp(join(tmpdir(), 'regctl-retag-')))],
  ['a registry', async () => (await open()).store],
])('in %s', (_name, make) => {
  it('gives an image more tags, moves one, and leaves alone what is right', async () => {
    const store = await make()
    await seed(store, image, 'v1')
    await seed(store, other, 'latest')
    const result = await retag({ store, reference: 'v1' }, ['1.0', 'v1', 'latest', '1.0'])
    expect(result).toEqual({
      digest: image.root.digest,
      mediaType: image.root.mediaType,
      size: image.root.size,
      tags: [
        { tag: '1.0', outcome: 'new' },
        { tag: 'v1', outcome: 'unchanged' },
        { tag: 'latest', outcome: 'moved', before: other.root.digest },
      ],
    })
    for (const tag of ['1.0', 'v1', 'latest']) expect(await store.resolve(tag)).toEqual(image.root)
    expect((await collect(store.tags())).sort()).toEqual(['1.0', 'latest', 'v1'])
    expect(await store.resolve(other.root.digest)).toEqual(other.root)
  })

  it('names an image by its digest, and knows when there is none', async () => {
    const store = await make()
    await seed(store, image)
    await retag({ store, reference: image.root.digest }, ['a'])
    expect(await store.resolve('a')).toEqual(image.root)
    await expectCode(retag({ store, reference: 'nobody' }, ['b']), 'NOT_FOUND')
    expect(await collect(store.tags())).toEqual(['a'])
  })
})

describe('what it costs', () => {
  it.each<[string, string[], string[]]>([
    ['a tag that is right', ['v1'], ['HEAD v1', 'HEAD v1']],
    ['one tag', ['a'], ['HEAD v1', 'HEAD a', 'GET DIGEST', 'PUT a']],
    ['two tags', ['a', 'b'], ['HEAD v1', 'HEAD a', 'HEAD b', 'GET DIGEST', 'PUT a', 'PUT b']],
    [
      'three tags, which our own server takes in one request (item 51)',
      ['a', 'b', 'c'],
      ['HEAD v1', 'HEAD a', 'HEAD b', 'HEAD c', 'GET DIGEST', 'PUT DIGEST?tag=a&tag=b&tag=c'],
    ],
  ])('%s', async (_what, tags, expected) => {
    const { store, server } = await seeded()
    await retag({ store, reference: 'v1' }, tags)
    expect(sorted(asked(server))).toEqual(sorted(expected))
    for (const tag of tags) expect(await store.resolve(tag)).toEqual(image.root)
  })

  it('where the query is ignored: it is tried once in a run, and then each tag has a PUT (item 51)', async () => {
    const { store, server } = await seeded({ wrap: ignoringQuery })
    await retag({ store, reference: 'v1' }, ['a', 'b', 'c'])
    await retag({ store, reference: 'v1' }, ['d', 'e', 'f'])
    expect(asked(server).filter(line => line.startsWith('PUT'))).toEqual(
      ['DIGEST?tag=a&tag=b&tag=c', 'a', 'b', 'c', 'd', 'e', 'f'].map(what => `PUT ${what}`),
    )
    for (const tag of ['a', 'c', 'f']) expect(await store.resolve(tag)).toEqual(image.root)
  })

  it.each([400, 405, 414, 431])('where the query is refused with %i, each tag has a PUT', async status => {
    const { store } = await seeded({
      wrap: handler => (req, res) => {
        if (req.method === 'PUT' && req.url?.includes('?tag=')) res.writeHead(status, { 'content-length': 0 }).end()
        else handler(req, res)
      },
    })
    await retag({ store, reference: 'v1' }, ['a', 'b', 'c'])
    for (const tag of ['a', 'b', 'c']) expect(await store.resolve(tag)).toEqual(image.root)
  })

  it('what OCI-Tag does not name is put by itself', async () => {
    const { store, server } = await seeded({
      wrap: handler => (req, res) => {
        if (req.method === 'PUT') req.url = req.url?.replace('&tag=c', '')
        handler(req, res)
      },
    })
    await retag({ store, reference: 'v1' }, ['a', 'b', 'c', 'd'])
    expect(
      asked(server)
        .filter(line => line.startsWith('PUT'))
        .slice(1),
    ).toEqual(['PUT c'])
    for (const tag of ['a', 'b', 'c', 'd']) expect(await store.resolve(tag)).toEqual(image.root)
  })

  it('says which tag was refused, and leaves those after it', async () => {
    const { store } = await seeded({
      wrap: handler => (req, res) => {
        if (req.method !== 'PUT' || !/[/=]fixed\b/.test(req.url ?? '')) return handler(req, res)
        res.writeHead(400).end('{"errors":[{"code":"DENIED","message":"the tag is immutable"}]}')
      },
    })
    await expect(retag({ store, reference: 'v1' }, ['a', 'fixed', 'z'])).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/under the tag fixed in .*: the tag is immutable$/),
    })
    expect((await collect(store.tags())).sort()).toEqual(['a', 'v1'])
  })

  it('many tags go in several requests', async () => {
    const { store, server } = await seeded()
    const tags = Array.from({ length: 90 }, (_, at) => `t${at}`)
    await retag({ store, reference: 'v1' }, tags)
    expect(asked(server).filter(line => line.startsWith('PUT'))).toHaveLength(3)
    expect(await collect(store.tags())).toHaveLength(91)
  })
})

async function open(options: TestServerOptions = {}): Promise<{ server: TestServer; store: Store }> {
  const server = closing(await startServer(options))
  const client = closing(await testClient())
  return { server, store: (await client.open(`${server.host}/demo/app`, { change: true })).store }
}

async function seeded(options: TestServerOptions = {}) {
  const opened = await open(options)
  await seed(opened.store, image, 'v1')
  opened.server.requests.length = 0
  return opened
}

const ignoringQuery: TestServerOptions['wrap'] = handler => (req, res) => {
  if (req.method === 'PUT' && req.url?.includes('/manifests/')) req.url = req.url.replace(/\?.*/, '')
  handler(req, res)
}

/** `PUT v1`: the method, and what follows `/manifests/`. */
function asked({ requests }: TestServer): string[] {
  return requests.map(({ method, url }) =>
    `${method} ${url.replace(/.*\/manifests\//, '')}`.replace(image.root.digest, 'DIGEST'),
  )
}

/** HEADs go side by side. */
const sorted = (lines: readonly string[]) => [...lines].sort()
