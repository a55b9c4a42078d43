import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type HttpRequest, type Layer, type Method, type Send, stack } from '../../src/http/http.ts'
import { redirect, type WireResponse } from '../../src/http/redirect.ts'
import { type Ca, makeCa } from '../helpers/certs.ts'
import { answer, ask, bodyOf, closing, testWire } from '../helpers/http-send.ts'
import { type Handler, type Recorder, startRecorder } from '../helpers/recorder.ts'

const secrets = {
  authorization: 'Bearer canary',
  cookie: 'sid=canary',
  'proxy-authorization': 'Basic canary',
  'private-token': 'canary',
  'x-api-key': 'canary',
}
const harmless = { accept: 'a/b', range: 'bytes=5-', 'if-range': '"e"' }
const ca: Ca = await makeCa()
const hosts = ['127.0.0.1', 'localhost', 'registry.localhost', 'cdn.registry.localhost', 'other.localhost']
const serverPair = await ca.issue({ hosts })
const clientPair = await ca.issue({ hosts: ['client'], client: true })

const recorder = async (handler?: Handler, tls?: object): Promise<Recorder> =>
  closing(await startRecorder(handler, tls && { tls }))

/** Every name leads to this machine, so that hosts can differ. */
const lookup: NonNullable<Parameters<typeof testWire>[0]>['lookup'] = (_, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)

/** A and B over HTTPS, or HTTP; A sends every request on to B. The client certificate is for A alone. */
async function scene(code: number, { secureA, secureB, hostB }: { secureA: boolean; secureB: boolean; hostB: string }) {
  const b = await recorder((_, response) => response.end('B'), secureB ? serverPair : undefined)
  const target = `${secureB ? 'https' : 'http'}://${hostB}:${b.port}/blob?sig=a%20b`
  const a = await recorder(
    (_, response) => response.writeHead(code, { location: target }).end(),
    secureA ? serverPair : undefined,
  )
  const origin = `${secureA ? 'https' : 'http'}://registry.localhost:${a.port}`
  const tls = async (asked: string) => ({
    ca: [ca.cert],
    ...(asked === origin ? { cert: [clientPair.cert], key: [clientPair.key] } : {}),
  })
  return { a, b, url: `${origin}/v2/a/blobs/x`, target, send: stack(testWire({ lookup, tls }), redirect()) }
}

describe.each([301, 302, 303, 307, 308])('T6: a %i', code => {
  it.each([
    ['another port', { secureA: true, secureB: true, hostB: 'registry.localhost' }],
    ['a subdomain', { secureA: true, secureB: true, hostB: 'cdn.registry.localhost' }],
    ['another host', { secureA: true, secureB: true, hostB: 'other.localhost' }],
    ['another port, plain', { secureA: false, secureB: false, hostB: 'registry.localhost' }],
    ['https from http', { secureA: false, secureB: true, hostB: 'registry.localhost' }],
  ])('to %s takes no header, cookie or client certificate along', async (_, hosts) => {
    const { a, b, url, target, send } = await scene(code, hosts)
    const got = await ask(send, { url, headers: { ...secrets, ...harmless } })
    expect(got).toMatchObject({ status: 200, text: 'B', url: target })
    expect(a.requests[0]?.headers).toMatchObject(secrets)
    if (hosts.secureA) expect(a.requests[0]?.clientCert).toBe('client')
    expect(b.requests).toHaveLength(1)
    expect(JSON.stringify(b.requests)).not.toContain('canary')
    expect(b.requests[0]?.clientCert).toBeUndefined()
    expect(b.requests[0]?.headers).toMatchObject(harmless)
    expect(b.requests[0]?.url).toBe('/blob?sig=a%20b')
  })

  it('to http from https is not followed', async () => {
    const { b, url, send } = await scene(code, { secureA: true, secureB: false, hostB: 'registry.localhost' })
    await expect(ask(send, { url, headers: secrets })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('without encryption'),
    })
    expect(b.connections()).toBe(0)
  })

  it('within one origin keeps everything', async () => {
    const a: Recorder = await recorder((request, response) => {
      if (request.url === '/end') response.end('A')
      else response.writeHead(code, { location: '/end' }).end()
    })
    const got = await ask(stack(testWire(), redirect()), { url: `${a.url}/start`, headers: secrets })
    expect(got).toMatchObject({ text: 'A', url: `${a.url}/end` })
    expect(a.requests[1]?.headers).toMatchObject(secrets)
  })
})

it('T6: a token for A never reaches B on the retry after a 401 at B', async () => {
  const b = await recorder((_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end())
  const a = await recorder((_, response) => response.writeHead(307, { location: `${b.url}/blob` }).end())
  const loginAgain: Layer = next => async request => {
    const first = await next(request)
    return first.status === 401 ? next({ ...request, headers: { authorization: 'Bearer canary' } }) : first
  }
  const got = await ask(stack(testWire(), loginAgain, redirect()), { url: `${a.url}/`, headers: secrets })
  expect(got).toMatchObject({ status: 401, url: `${b.url}/blob` })
  expect(a.requests[1]?.headers.authorization).toBe('Bearer canary')
  expect(b.requests).toHaveLength(2)
  expect(JSON.stringify(b.requests)).not.toContain('canary')
})

it('T6: what was dropped at B does not come back when B leads home to A', async () => {
  const seen: HttpRequest[] = []
  const hops = ['https://b.test/', 'https://a.test/2']
  const send = redirecting(request => {
    seen.push(request)
    return hops[seen.length - 1]
  })
  await send({ method: 'GET', url: 'https://a.test/1', headers: secrets, scopes: ['repository:a:pull'] })
  expect(seen.map(({ url, headers, scopes }) => [url, headers?.authorization, scopes])).toEqual([
    ['https://a.test/1', 'Bearer canary', ['repository:a:pull']],
    ['https://b.test/', undefined, undefined],
    ['https://a.test/2', undefined, undefined],
  ])
})

/** Answers each request with a redirect to what `location` says, or with 200. */
function redirecting(
  location: (request: HttpRequest) => string | undefined,
  extra: Partial<WireResponse> = {},
  code = 307,
): Send {
  return redirect()(async request => {
    const target = location(request)
    if (target === undefined) return answer(200, { url: request.url })
    return { ...answer(code, { url: request.url, headers: { location: target } }), ...extra }
  })
}

it.each([
  ['https://a.test/2', 'https://a.test/2'],
  ['/2', 'https://a.test/2'],
])('T6: what is for one origin alone may be led about there, to %s', async (location, url) => {
  const send = redirecting(request => (request.url === url ? undefined : location))
  expect((await send({ method: 'POST', url: 'https://a.test/1', sealed: true })).url).toBe(url)
})

it.each([['https://b.test/'], ['https://a.test:444/'], ['https://sub.a.test/']])(
  'T6: and never elsewhere, to %s',
  async location => {
    const seen: string[] = []
    const send = redirecting(({ url }) => (seen.push(url) === 1 ? location : undefined))
    await expect(send({ method: 'POST', url: 'https://a.test/1', sealed: true })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('redirects what is for it alone to'),
    })
    expect(seen).toEqual(['https://a.test/1'])
  },
)

it('T6: what may be shown is known in any spelling, and what may not stays here in any', async () => {
  const seen: HttpRequest[] = []
  const send = redirecting(request => (seen.push(request) === 1 ? 'https://b.test/' : undefined))
  const headers = { Accept: 'a/b', RANGE: 'bytes=5-', AUTHORIZATION: 'canary', Cookie: 'canary' }
  await send({ method: 'GET', url: 'https://a.test/', headers })
  expect(seen[1]?.headers).toEqual({ Accept: 'a/b', RANGE: 'bytes=5-' })
})

it('T2: a request that may only go to public addresses stays one, wherever it began', async () => {
  const seen: HttpRequest[] = []
  const send = redirecting(request => (seen.push(request) === 1 ? 'https://b.test/' : undefined))
  await send({ method: 'GET', url: 'http://127.0.0.1:5000/', publicOnly: true })
  expect(seen[1]?.publicOnly).toBe(true)
})

it('the answer that led on is let go of, before its successor is asked for', async () => {
  const first = { ...answer(307, { headers: { location: '/2' } }), body: new PassThrough() }
  first.body.end('a page that nobody reads')
  const send = redirect()(async ({ url }) => {
    if (url.endsWith('/1')) return first
    expect(first.body.readableEnded || first.body.destroyed).toBe(true)
    return answer(200, { url })
  })
  expect((await send({ method: 'GET', url: 'https://a.test/1' })).status).toBe(200)
})

describe('methods and bodies', () => {
  it.each<[Method, number]>([
    ['PUT', 307],
    ['PUT', 308],
    ['PATCH', 307],
    ['POST', 308],
  ])('a %s keeps method and body through a %i', async (method, code) => {
    const b = await recorder((_, response) => response.writeHead(201).end())
    const a = await recorder((_, response) => response.writeHead(code, { location: `${b.url}/there` }).end())
    const body = bodyOf('content')
    const headers = { authorization: 'canary', 'content-type': 'application/octet-stream' }
    const got = await ask(stack(testWire(), redirect()), { method, url: `${a.url}/`, body, headers })
    expect(got.status).toBe(201)
    expect(b.requests[0]).toMatchObject({
      method,
      headers: { 'content-type': 'application/octet-stream', 'content-length': '7' },
    })
    expect(b.requests[0]?.body.toString()).toBe('content')
    expect(body.opened).toBe(2)
  })

  it.each<[Method, number]>(
    (['PUT', 'PATCH', 'POST', 'DELETE'] as const).flatMap(method =>
      [301, 302, 303].map((code): [Method, number] => [method, code]),
    ),
  )('a %s is not made a GET by a %i', async (method, code) => {
    const send = redirecting(({ url }) => (url.endsWith('/1') ? '/2' : undefined), {}, code)
    await expect(send({ method, url: 'https://a.test/1' })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(`${code}`),
    })
  })

  it('a HEAD stays a HEAD', async () => {
    const methods: Method[] = []
    await redirecting(
      ({ method }) => (methods.push(method) === 1 ? '/2' : undefined),
      {},
      303,
    )({ method: 'HEAD', url: 'https://a.test/' })
    expect(methods).toEqual(['HEAD', 'HEAD'])
  })
})

describe('where it may lead', () => {
  const go = async (from: string, to: string, remoteAddress?: string) => {
    const seen: HttpRequest[] = []
    const send = redirecting(request => (seen.push(request) === 1 ? to : undefined), { remoteAddress })
    const outcome = await send({ method: 'GET', url: from }).then(
      () => 'followed' as const,
      (error: { code: string }) => error.code,
    )
    return { outcome, publicOnly: seen[1]?.publicOnly }
  }

  it.each([
    ['https://reg.test/', 'https://127.0.0.1/'],
    ['https://reg.test/', 'https://[::1]/'],
    ['https://reg.test/', 'https://169.254.169.254/latest/meta-data'],
    ['https://reg.test/', 'https://10.0.0.1/'],
    ['https://reg.test/', 'https://0x7f000001/'],
    ['https://reg.test/', 'https://[::ffff:10.0.0.1]/'],
    ['https://reg.test/', 'https://localhost/'],
    ['https://8.8.8.8/', 'https://192.168.0.1/'],
    ['https://reg.test/', 'ftp://reg.test/'],
    ['https://reg.test/', 'file:///etc/passwd'],
    ['https://reg.test/', 'https://user:pass@reg.test/'],
    ['https://reg.test/', 'https://user@reg.test/'],
    ['https://reg.test/', 'https://:pass@reg.test/'],
    ['https://reg.test/', 'https://['],
  ])('T6: not from %s to %s', async (from, to) => {
    expect(await go(from, to)).toEqual({ outcome: 'REFUSED', publicOnly: undefined })
  })

  it.each([
    ['a public registry', 'https://reg.test/', 'https://cdn.test/', undefined, true],
    ['a public registry, seen', 'https://reg.test/', 'https://cdn.test/', '8.8.8.8', true],
    ['the same host at another port', 'https://reg.test/', 'https://reg.test:444/', undefined, true],
    ['the same origin', 'https://reg.test/', 'https://reg.test/2', undefined, undefined],
    ['a name inside a company', 'https://reg.corp/', 'https://minio.corp/', '10.1.2.3', undefined],
    ['an address inside a company', 'https://reg.corp/', 'https://10.1.2.4:9000/', '10.1.2.3', undefined],
    ['this machine', 'http://127.0.0.1:5000/', 'http://127.0.0.1:9000/', '127.0.0.1', undefined],
    ['this machine by name', 'http://localhost:5000/', 'http://127.0.0.1:9000/', undefined, undefined],
  ])('T2: %s may lead on, and only a private one into a private network', async (_, from, to, remote, publicOnly) => {
    const went = await go(from, to, remote)
    expect([went.outcome, went.publicOnly || undefined]).toEqual(['followed', publicOnly])
  })

  it.each([
    ['http://127.0.0.1:5000/', 'http://169.254.169.254/latest/meta-data'],
    ['http://127.0.0.1:5000/', 'http://[::ffff:169.254.169.254]/'],
    ['http://127.0.0.1:5000/', 'http://[64:ff9b::a9fe:a9fe]/'],
    ['http://127.0.0.1:5000/', 'http://0xa9fea9fe/'],
    ['http://localhost:5000/', 'http://[fe80::1]/'],
    ['http://10.0.0.5/', 'http://[fd00:ec2::254]/'],
    ['http://10.0.0.5/', 'http://100.100.100.200/'],
    ['https://reg.corp/', 'https://169.254.169.254/'],
    ['http://169.254.1.1/', 'http://169.254.169.254/'],
  ])('T6: not even from %s, at a private address, to %s', async (from, to) => {
    expect(await go(from, to, '10.1.2.3')).toEqual({ outcome: 'REFUSED', publicOnly: undefined })
  })

  it('T6: a registry that is itself link-local may name another port of its own', async () => {
    expect((await go('http://169.254.1.1:5000/', 'http://169.254.1.1:9000/')).outcome).toBe('followed')
  })

  it('T2: a stranger further on cannot claim to be private', async () => {
    const seen: HttpRequest[] = []
    const hops: [string, string][] = [
      ['https://cdn.test/', '8.8.8.8'],
      ['https://10.0.0.1/', '10.0.0.2'],
    ]
    const send = redirect()(async request => {
      const [location, remoteAddress] = hops[seen.push(request) - 1] ?? ['', '']
      return { ...answer(307, { url: request.url, headers: { location } }), remoteAddress }
    })
    await expect(send({ method: 'GET', url: 'https://reg.test/' })).rejects.toMatchObject({ code: 'REFUSED' })
    expect(seen).toHaveLength(2)
  })

  it('T15: a refusal hides what is in the address', async () => {
    const send = redirecting(() => 'http://cdn.test/?sig=canary')
    const failed = await send({ method: 'GET', url: 'https://a.test/?q=canary' }).catch((error: Error) => error.message)
    expect(failed).toContain('cdn.test')
    expect(failed).not.toContain('canary')
  })
})

describe('how far', () => {
  it('T6: ten hops and no more', async () => {
    let hops = 0
    const upTo = (limit: number) => redirecting(() => (hops++ < limit ? `/${hops}` : undefined))
    expect((await upTo(10)({ method: 'GET', url: 'https://a.test/' })).url).toBe('https://a.test/10')
    hops = 0
    await expect(upTo(11)({ method: 'GET', url: 'https://a.test/' })).rejects.toMatchObject({ code: 'REFUSED' })
    expect(hops).toBe(11)
  })

  it('T6: not in circles', async () => {
    let hops = 0
    const send = redirecting(() => `/${++hops % 2}`)
    await expect(send({ method: 'GET', url: 'https://a.test/0' })).rejects.toMatchObject({ code: 'REFUSED' })
    expect(hops).toBeLessThan(4)
  })

  it.each([300, 304, 200, 201, 404])('a %i with a Location is an answer like any other', async status => {
    const send = redirect()(async () => answer(status, { headers: { location: '/x' } }))
    expect((await send({ method: 'GET', url: 'https://a.test/' })).status).toBe(status)
  })

  it('so is a redirect without one', async () => {
    expect((await redirect()(async () => answer(307))({ method: 'GET', url: 'https://a.test/' })).status).toBe(307)
  })
})
