import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { memoryRepositories } from '../../src/server/repositories.ts'
import { createRegistryServer, type RequestLine } from '../../src/server/server.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer, type TestServerOptions } from '../helpers/server.ts'
import { raw } from './raw.ts'

const digest = digestOf(Buffer.from('x'))

describe('the registry server', () => {
  let server: TestServer | undefined
  const start = async (options?: TestServerOptions) => {
    server = await startServer(options)
    return server
  }
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  it('says that it speaks the protocol', async () => {
    const { url } = await start()
    const { status, headers } = await raw(url, 'GET', '/v2/')
    expect([status, headers['docker-distribution-api-version']]).toEqual([200, 'registry/2.0'])
  })

  it.each([
    ['POST', '/v2/', 'GET, HEAD'],
    ['DELETE', '/v2/app/tags/list', 'GET, HEAD'],
    ['GET', '/v2/app/blobs/uploads/', 'POST'],
    ['PATCH', `/v2/app/blobs/${digest}`, 'GET, DELETE, HEAD'],
    ['constructor', '/v2/', 'GET, HEAD'],
  ])('answers %s %s with 405 and what is allowed', async (method, path, allowed) => {
    const { url } = await start({
      wrap: handler => (req, res) => {
        req.method = method
        handler(req, res)
      },
    })
    const refused = await raw(url, 'POST', path)
    expect([refused.status, refused.code, refused.headers.allow]).toEqual([405, 'UNSUPPORTED', allowed])
  })

  it('T18: hands no path to the stores that is against the grammar', async () => {
    const opened: string[] = []
    const repositories = memoryRepositories()
    const { url } = await start({
      repositories: {
        ...repositories,
        open: name => {
          opened.push(name)
          return repositories.open(name)
        },
      },
    })
    for (const path of [
      '/v2/../../etc/tags/list',
      '/v2/a/%2e%2e/b/tags/list',
      '/v2/A/manifests/x',
      '/v2/a%00/tags/list',
    ]) {
      expect((await raw(url, 'GET', path)).status).toBe(400)
    }
    expect(opened).toEqual([])
  })

  describe('with users', () => {
    const users = { ann: 'pass:word', bob: 'pässwörd' }
    const basic = (text: string) => ({ headers: { Authorization: `Basic ${Buffer.from(text).toString('base64')}` } })

    it.each([
      ['nobody', {}],
      ['a wrong password', basic('ann:word')],
      ['an unknown user', basic('eve:pass:word')],
      ['no colon', basic('ann')],
      ['another scheme', { headers: { Authorization: 'Bearer x' } }],
    ])('sends %s away with a challenge, everywhere', async (_case, options) => {
      const { url } = await start({ users })
      for (const path of ['/v2/', '/v2/_catalog', '/v2/app/tags/list', '/nonsense']) {
        const refused = await raw(url, 'GET', path, options)
        expect([refused.status, refused.code]).toEqual([401, 'UNAUTHORIZED'])
        expect(refused.headers['www-authenticate']).toBe('Basic realm="regctl"')
      }
    })

    it.each(['ann:pass:word', 'bob:pässwörd'])('lets %s in', async text => {
      const { url } = await start({ users })
      expect((await raw(url, 'GET', '/v2/', basic(text))).status).toBe(200)
    })
  })

  it('only gives when it is read-only', async () => {
    const repositories = memoryRepositories()
    const image = makeImage()
    await seed(await repositories.create('app'), image, '1.0')
    const { url } = await start({ repositories, readOnly: true })
    expect((await raw(url, 'GET', '/v2/app/manifests/1.0')).status).toBe(200)
    expect((await raw(url, 'HEAD', `/v2/app/blobs/${[...image.contents.keys()][0]}`)).status).toBe(200)
    for (const [method, path] of [
      ['POST', '/v2/app/blobs/uploads/'],
      ['PUT', '/v2/app/manifests/2.0'],
      ['DELETE', '/v2/app/manifests/1.0'],
      ['DELETE', `/v2/app/blobs/${digest}`],
    ] as const) {
      const refused = await raw(url, method, path)
      expect([refused.status, refused.code]).toEqual([405, 'UNSUPPORTED'])
    }
  })

  it('tells each request in a line without query and header', async () => {
    const lines: RequestLine[] = []
    const { url } = await start({ onRequest: line => lines.push(line) })
    await raw(url, 'GET', '/v2/_catalog?n=3', { headers: { Authorization: 'Basic c2VjcmV0' } })
    await raw(url, 'HEAD', '/v2/app/manifests/1')
    await expect.poll(() => lines).toHaveLength(2)
    expect(lines).toEqual([
      { method: 'GET', path: '/v2/_catalog', status: 200, bytes: 19 },
      { method: 'HEAD', path: '/v2/app/manifests/1', status: 404, bytes: 0 },
    ])
  })

  it('keeps its own failures to itself and tells them to whoever runs it', async () => {
    const failures: unknown[] = []
    const { url } = await start({
      repositories: { ...memoryRepositories(), open: () => Promise.reject(new Error('/secret/path is gone')) },
      onError: error => failures.push(error),
    })
    const failed = await raw(url, 'GET', '/v2/app/tags/list')
    expect([failed.status, failed.code]).toEqual([500, 'UNKNOWN'])
    expect(failed.body.toString()).not.toContain('secret')
    expect(failures).toHaveLength(1)
  })

  it('T12: hangs up on a client that falls silent in its head or its body', async () => {
    const { url } = await start({ idleSeconds: 0.1 })
    const { port } = new URL(url)
    for (const text of ['GET /v2/', 'PUT /v2/app/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{']) {
      const closed = await new Promise<boolean>(resolve => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
        socket.on('error', () => resolve(true))
        socket.on('close', () => resolve(true))
        socket.resume()
      })
      expect(closed).toBe(true)
    }
  })

  it('waits for its own work, however long that takes', async () => {
    const repositories = memoryRepositories()
    const { url } = await start({
      idleSeconds: 1,
      repositories: {
        ...repositories,
        open: async name => {
          await new Promise(resolve => setTimeout(resolve, 2000))
          return repositories.open(name)
        },
      },
    })
    expect((await raw(url, 'GET', '/v2/app/tags/list')).status).toBe(404)
  })

  it('finishes what is in flight before it closes, and takes nothing new', async () => {
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    let arrived = () => {}
    const asked = new Promise<void>(resolve => {
      arrived = resolve
    })
    const registry = createRegistryServer({
      graceSeconds: 3600,
      repositories: {
        ...memoryRepositories(),
        async open() {
          arrived()
          await held
          return undefined
        },
      },
    })
    const { url } = await registry.listen()
    // A connection that its client means to keep must not keep the server.
    const agent = new Agent({ keepAlive: true })
    const answer = new Promise<number>((resolve, reject) => {
      get(`${url}/v2/app/tags/list`, { agent }, res => resolve(res.resume().statusCode ?? 0)).on('error', reject)
    })
    await asked
    const closed = registry.close()
    await expect(raw(url, 'GET', '/v2/')).rejects.toThrow(/ECONNREFUSED/)
    release()
    expect(await answer).toBe(404)
    await closed
    agent.destroy()
  })

  it('says which port it could not have', async () => {
    const { host } = await start()
    const registry = createRegistryServer({ repositories: memoryRepositories() })
    const port = Number(host.split(':')[1])
    await expect(registry.listen({ port })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(host),
    })
    await registry.close()
  })
})
