import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createConnections } from '../../src/http/connections.ts'
import { stack } from '../../src/http/http.ts'
import { redirect } from '../../src/http/redirect.ts'
import type { WireOptions } from '../../src/http/wire.ts'
import { makeCa } from '../helpers/certs.ts'
import { ask, bodyOf, closing, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

/** Resolves a name to this address, or to these in turn. */
function resolving(...addresses: string[]): NonNullable<WireOptions['lookup']> & { asked: number } {
  const lookup = Object.assign(
    (...[, options, callback]: Parameters<NonNullable<WireOptions['lookup']>>) => {
      const address = addresses[Math.min(lookup.asked++, addresses.length - 1)] ?? ''
      const family = address.includes(':') ? 6 : 4
      if (options.all) callback(null, [{ address, family }])
      else callback(null, address, family)
    },
    { asked: 0 },
  )
  return lookup
}

describe('an address that a stranger named', () => {
  it.each(['127.0.0.1', 'localhost', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]'])(
    'T2: is refused when it is %s, before anything is sent',
    async host => {
      const server = closing(await startRecorder())
      await expect(ask(testWire(), { url: `http://${host}:${server.port}/`, publicOnly: true })).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining('private network'),
      })
      expect(server.connections()).toBe(0)
    },
  )

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:127.0.0.1'])(
    'T2: is refused when its name resolves to %s',
    async address => {
      const server = closing(await startRecorder())
      const url = `http://evil.test:${server.port}/`
      await expect(ask(testWire({ lookup: resolving(address) }), { url, publicOnly: true })).rejects.toMatchObject({
        code: 'REFUSED',
      })
      expect(server.connections()).toBe(0)
    },
  )

  it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200'])(
    'T6: is refused when its name leads to the metadata service at %s, even where private addresses may be named',
    async address => {
      const server = closing(await startRecorder())
      const url = `http://neighbour.test:${server.port}/`
      await expect(ask(testWire({ lookup: resolving(address) }), { url })).rejects.toMatchObject({ code: 'REFUSED' })
      expect(server.connections()).toBe(0)
    },
  )

  it('T2: is refused when one of several addresses is private', async () => {
    const lookup: WireOptions['lookup'] = (_, options, callback) =>
      options.all
        ? callback(null, [
            { address: '8.8.8.8', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ])
        : callback(null, '127.0.0.1', 4)
    await expect(ask(testWire({ lookup }), { url: 'http://evil.test:9/', publicOnly: true })).rejects.toMatchObject({
      code: 'REFUSED',
    })
  })

  it('T2: is looked at when connecting, so that a name that changes (rebinding) gains nothing', async () => {
    const server = closing(await startRecorder())
    const lookup = resolving('127.0.0.1')
    const send = testWire({ lookup })
    const url = `http://evil.test:${server.port}/`
    expect((await ask(send, { url })).status).toBe(200)
    // The connection of the request before is still open, and must not be used for this one.
    await expect(ask(send, { url, publicOnly: true })).rejects.toMatchObject({ code: 'REFUSED' })
    expect([server.requests.length, lookup.asked]).toEqual([1, 2])
  })

  it('T2: comes from a redirect, too', async () => {
    const metadata = closing(await startRecorder())
    const lookup = resolving('127.0.0.1')
    const send = stack(async request => {
      const response = await testWire({ lookup })(request)
      return request.publicOnly ? response : { ...response, remoteAddress: '8.8.8.8' }
    }, redirect())
    const registry = closing(
      await startRecorder((_, response) =>
        response.writeHead(307, { location: `http://rebind.test:${metadata.port}/` }).end(),
      ),
    )
    await expect(ask(send, { url: `http://registry.test:${registry.port}/` })).rejects.toMatchObject({
      code: 'REFUSED',
    })
    expect(metadata.connections()).toBe(0)
  })

  it('asks nothing of a registry that a person named', async () => {
    const server = closing(await startRecorder())
    expect(
      (await ask(testWire({ lookup: resolving('127.0.0.1') }), { url: `http://corp.test:${server.port}/` })).status,
    ).toBe(200)
  })
})

/** A proxy that tunnels CONNECT to loopback whatever the name, forwards the rest, and remembers what it was told. */
async function startProxy(refusal?: { status: number; page: string }) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createHttpServer((request, response) => {
    heads.push(`${request.method} ${request.url}\n${JSON.stringify(request.headers)}`)
    response.writeHead(refusal?.status ?? 200).end(refusal?.page ?? 'by proxy')
  })
  server.on('connect', (request, socket: Socket) => {
    heads.push(`CONNECT ${request.url}\n${JSON.stringify(request.headers)}`)
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal.status} No\r\nWWW-Authenticate: Basic realm="canary"\r\n\r\n${refusal.page}`)
      return
    }
    const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return closing({
    heads,
    host: `127.0.0.1:${port}`,
    url: `http://user:p%40ss@127.0.0.1:${port}`,
    close: () =>
      new Promise<void>(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  })
}

const userinfo = Buffer.from('user:p@ss').toString('base64')

describe('through a proxy', () => {
  it('T23: tunnels HTTPS; its credentials go to the proxy, ours and the client certificate do not', async () => {
    const ca = await makeCa()
    const pair = await ca.issue({ hosts: ['registry.test'] })
    const me = await ca.issue({ hosts: ['client'], client: true })
    const registry = closing(await startRecorder((_, response) => response.end('ok'), { tls: pair }))
    const proxy = await startProxy()
    const tls = async () => ({ ca: [ca.cert], cert: [me.cert], key: [me.key] })
    const send = testWire({ proxy: () => proxy.url, tls })
    const url = `https://registry.test:${registry.port}/v2/?x='y'`
    const got = await ask(send, {
      method: 'PUT',
      url,
      body: bodyOf('content'),
      headers: { authorization: 'Bearer canary' },
    })
    expect(got).toMatchObject({ status: 200, text: 'ok' })
    expect(registry.requests[0]).toMatchObject({
      url: "/v2/?x='y'",
      clientCert: 'client',
      headers: { authorization: 'Bearer canary' },
    })
    expect(JSON.stringify(registry.requests)).not.toContain(userinfo)
    expect(proxy.heads).toHaveLength(1)
    expect(proxy.heads[0]).toContain(`CONNECT registry.test:${registry.port}`)
    expect(proxy.heads[0]).toContain(`Basic ${userinfo}`)
    expect(proxy.heads[0]).not.toContain('canary')
    await ask(send, { url })
    expect(proxy.heads).toHaveLength(1)
  })

  it('T23: verifies the registry behind it like any other', async () => {
    const ca = await makeCa()
    const registry = closing(await startRecorder(undefined, { tls: await ca.issue({ hosts: ['other.test'] }) }))
    const proxy = await startProxy()
    const send = testWire({ proxy: () => proxy.url, tls: async () => ({ ca: [ca.cert] }) })
    await expect(ask(send, { url: `https://registry.test:${registry.port}/` })).rejects.toMatchObject({
      code: 'TLS_FAILED',
    })
  })

  it('T23: hands plain HTTP to it with the whole address, its query as it was', async () => {
    const proxy = await startProxy()
    const got = await ask(testWire({ proxy: () => proxy.url }), {
      url: "http://registry.test:5000/v2/?a='b'&u=http://x",
    })
    expect(got.text).toBe('by proxy')
    expect(proxy.heads[0]).toContain("GET http://registry.test:5000/v2/?a='b'&u=http://x\n")
    expect(proxy.heads[0]).toContain(`"proxy-authorization":"Basic ${userinfo}"`)
    expect(proxy.heads[0]).toContain('"host":"registry.test:5000"')
  })

  it.each([
    ['https', 407, 'UNAUTHORIZED', 'wants a user and password'],
    ['https', 403, 'UNREACHABLE', 'answered 403'],
    ['https', 502, 'UNREACHABLE', 'answered 502'],
    ['https', 401, 'UNREACHABLE', 'answered 401'],
    ['http', 407, 'UNAUTHORIZED', 'wants a user and password'],
  ])('T23: over %s tells of its %i, and not in its words', async (scheme, status, code, sentence) => {
    const proxy = await startProxy({ status, page: 'canary <script>' })
    const failed: unknown = await ask(testWire({ proxy: () => proxy.url }), {
      url: `${scheme}://registry.test/`,
    }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code, message: expect.stringContaining(sentence) })
    expect(String(failed)).toContain(proxy.host)
    expect(inspect(failed, { depth: 10 })).not.toMatch(/canary|p%40ss|p@ss/)
  })

  it('T23: says that it is the proxy which is not there', async () => {
    const proxy = await startProxy()
    await proxy.close()
    const failed: unknown = await ask(testWire({ proxy: () => proxy.url }), { url: 'https://registry.test/' }).catch(
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(`the proxy ${proxy.host}`) })
    expect(inspect(failed, { depth: 10 })).not.toMatch(/p%40ss|p@ss/)
  })

  it('gives up on one that accepts and says nothing', async () => {
    const sockets = new Set<Socket>()
    const server = createServer(socket => sockets.add(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const send = testWire({ proxy: () => `http://127.0.0.1:${port}`, connectTimeout: 100 })
      await expect(ask(send, { url: 'https://registry.test/' })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  })

  it('T2: leaves names to it, and still refuses private addresses', async () => {
    const proxy = await startProxy()
    const send = testWire({ proxy: () => proxy.url })
    expect((await ask(send, { url: 'http://cdn.test/', publicOnly: true })).text).toBe('by proxy')
    await expect(ask(send, { url: 'http://10.0.0.1/', publicOnly: true })).rejects.toMatchObject({ code: 'REFUSED' })
  })
})

describe('T20: what a TLS context is shared by', () => {
  it('origins that trust the same, and nobody else', async () => {
    const [one, two] = [await makeCa(), await makeCa()]
    const { cert, key } = await one.issue({ hosts: ['client'], client: true })
    const identity = { ca: [one.cert], cert: [cert], key: [key] }
    const settings: Record<string, Awaited<ReturnType<NonNullable<WireOptions['tls']>>>> = {
      'https://a.test': { ca: [one.cert] },
      'https://b.test': { ca: [one.cert] },
      'https://other.test': { ca: [two.cert] },
      'https://more.test': { ca: [one.cert, two.cert] },
      'https://client-a.test': identity,
      'https://client-b.test': identity,
    }
    const connections = closing(createConnections({ tls: async origin => settings[origin] }))
    const [a, b, ...others] = await Promise.all(
      Object.keys(settings).map(async origin => (await connections.for(new URL(origin), false)).secureContext),
    )
    expect(a).toBe(b)
    expect(new Set([a, ...others]).size).toBe(5)
  })
})
