import { afterEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, openBytes, randomBlob, seed } from '../helpers/images.ts'
import { startServer, type TestServer, type TestServerOptions } from '../helpers/server.ts'

let server: TestServer | undefined
afterEach(() => server?.close())

async function start(options: TestServerOptions = {}) {
  server = await startServer(options)
  const client = await testClient()
  const { store } = await client.open(`${server.host}/demo/app`, { write: true })
  return { server, client, store }
}

/** Answers what `pick` gives a status for, and lets the real server do the rest. */
const answering = (pick: (method: string, url: string) => number | undefined): TestServerOptions['wrap'] => {
  return handler => (req, res) => {
    const status = pick(req.method ?? '', req.url ?? '')
    if (status === undefined) return handler(req, res)
    res.writeHead(status).end()
  }
}

describe('pushing a blob', () => {
  it.each([401, 403, 404, 405, 500])('uploads where a mount is refused with %i (item 42)', async status => {
    const { store, server } = await start({
      wrap: answering((_method, url) => (url.includes('mount=') ? status : undefined)),
    })
    const { descriptor, bytes } = randomBlob(1000)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
    expect(server.requests.at(-1)).toMatchObject({ method: 'PUT', status: 201 })
  })

  it('asks a repository that refused one mount no more', async () => {
    const { client, server } = await start({
      wrap: answering((_method, url) => (url.includes('from=private') ? 403 : undefined)),
    })
    const sample = makeImage({ layers: 3 })
    const from = await client.open(`${server.host}/private:v1`, { write: true })
    await seed(from.store, sample, 'v1')
    for (const tag of ['v1', 'v2']) {
      server.requests.length = 0
      await copy(from, await client.open(`${server.host}/public:${tag}`, { write: true }), { jobs: 1, force: true })
      expect(server.requests.filter(({ url }) => url.includes('from=private'))).toHaveLength(tag === 'v1' ? 1 : 0)
    }
  })

  it.each([200, 201, 204])('takes %i for done (items 28, 34)', async status => {
    const { store } = await start({
      wrap: answering((method, url) => (method === 'PUT' && url.includes('/uploads/') ? status : undefined)),
    })
    const { descriptor, bytes } = randomBlob(10)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
  })

  it('believes a 202 only after it has seen the blob (item 28)', async () => {
    const { store } = await start({
      wrap: answering((method, url) => (method === 'PUT' && url.includes('/uploads/') ? 202 : undefined)),
    })
    const { descriptor, bytes } = randomBlob(10)
    await expect(store.push(descriptor, openBytes(bytes))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('begins anew when the registry has lost the upload', async () => {
    let lost = 0
    const { store, server } = await start({
      wrap: answering((method, url) => (method === 'PUT' && url.includes('/uploads/') && lost++ < 2 ? 416 : undefined)),
    })
    const { descriptor, bytes } = randomBlob(10)
    expect(await store.push(descriptor, openBytes(bytes))).toBe('pushed')
    expect(server.requests.map(({ method }) => method).join(' ')).toBe('POST PUT GET POST PUT GET POST PUT')
  })

  it('gives up after three broken uploads', async () => {
    const { store, server } = await start({
      wrap: answering((method, url) => (method === 'PUT' && url.includes('/uploads/') ? 416 : undefined)),
    })
    const { descriptor, bytes } = randomBlob(10)
    await expect(store.push(descriptor, openBytes(bytes))).rejects.toMatchObject({ code: 'FAILED' })
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(3)
  })

  it('says so when an upload is opened without a Location', async () => {
    const { store } = await start({
      wrap: answering((method, url) => (method === 'POST' && url.includes('/uploads/') ? 202 : undefined)),
    })
    const { descriptor, bytes } = randomBlob(10)
    await expect(store.push(descriptor, openBytes(bytes))).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('did not say where'),
    })
  })

  it('keeps the query of a Location as it stands (item 27)', async () => {
    const state = '_state=a%2Bb%20c+d==&x=%7E'
    let seen = ''
    const { store } = await start({
      wrap: handler => (req, res) => {
        if (req.method === 'POST') {
          res.writeHead(202, { location: `${req.url?.replace(/\?.*/, '')}1?${state}` }).end()
        } else if (req.method === 'PUT') {
          seen = req.url ?? ''
          req.resume()
          res.writeHead(201).end()
        } else handler(req, res)
      },
    })
    const { descriptor, bytes } = randomBlob(10)
    await store.push(descriptor, openBytes(bytes))
    expect(seen).toBe(`/v2/demo/app/blobs/uploads/1?${state}&digest=${encodeURIComponent(descriptor.digest)}`)
  })
})
