import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type AuthorizeOptions, authorize } from '../../src/auth/authorize.ts'
import { createTokenCache } from '../../src/auth/token-cache.ts'
import type { Credential } from '../../src/credentials/credentials.ts'
import { readAll } from '../../src/http/body.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/http.ts'
import type { Notice } from '../../src/model/notice.ts'
import {
  type Arrived,
  alice,
  basicOf,
  createNet,
  credentialsOf,
  type FakeAnswer,
  type Host,
  tokenHost,
  unauthorized,
} from './net.ts'

const registry = 'https://registry.test'
const auth = 'https://registry.test:8443'
const challenge = (scope = 'repository:a/b:pull', more = '') =>
  `Bearer realm="${auth}/token",service="s",scope="${scope}"${more}`
const users = { alice: 'hunter2', bob: 'pw' }
const ok: FakeAnswer = { text: 'content' }

/** Whose token it is, and what it is for. */
function tokenOf({ authorization }: Arrived): { user: string; scopes: string[]; serial: string } | undefined {
  const [user, scopes, serial] = authorization?.match(/^Bearer (.*)\|(.*)\|(.*)$/)?.slice(1) ?? []
  return user === undefined ? undefined : { user, scopes: scopes?.split('~') ?? [], serial: serial ?? '' }
}

/** Wants a token with exactly this scope among its scopes. */
const wanting =
  (scope: string, allow: (token: { user: string; serial: string }) => boolean = () => true): Host =>
  request => {
    const token = tokenOf(request)
    return token?.scopes.includes(scope) && allow(token) ? ok : unauthorized(challenge(scope), 'no')
  }

interface Start {
  host: Host
  tokens?: Host
  others?: Record<string, Host>
  credential?: Credential | undefined
  options?: Partial<AuthorizeOptions>
}

function start({ host, tokens = tokenHost(users), others, credential, options = {} }: Start) {
  const net = createNet({ [registry]: host, [auth]: tokens, ...others })
  const credentials = credentialsOf(credential)
  const notices: Notice[] = []
  const all: AuthorizeOptions = {
    registry: 'registry.test',
    baseUrl: registry,
    repository: 'a/b',
    credentials,
    tokens: createTokenCache(),
    tokenSend: net.send,
    notify: notice => notices.push(notice),
    ...options,
  }
  const send = authorize(all)(net.send)
  const get = (more: Partial<HttpRequest> = {}) =>
    send({ method: 'GET', url: `${registry}/v2/a/b/manifests/1`, scopes: ['repository:a/b:pull'], ...more })
  return {
    net,
    get,
    credentials,
    notices,
    options: all,
    registryRequests: () => net.at(registry),
    tokenRequests: () => net.at(auth),
  }
}

const text = async (response: HttpResponse) => (await readAll(response, 1 << 20)).toString()
const put: Partial<HttpRequest> = { method: 'PUT', scopes: ['repository:a/b:pull,push'] }

describe('a public registry', () => {
  it('never touches the credentials', async () => {
    const { get, net, credentials } = start({ host: () => ok, credential: alice })
    await get()
    await get()
    expect(credentials.asked).toEqual([])
    expect(net.arrived.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
  })

  it('lets a caller’s own Authorization stand', async () => {
    const { get, net } = start({ host: () => unauthorized(challenge()), credential: alice })
    const response = await get({ headers: { authorization: 'Custom x' } })
    expect(response.status).toBe(401)
    expect(net.arrived).toHaveLength(1)
  })
})

describe('Bearer', () => {
  it.each([
    ['anonymously', undefined, ''],
    ['as somebody', alice, 'alice'],
  ])('answers a challenge once and remembers it, %s', async (_, credential, user) => {
    const { get, registryRequests, tokenRequests, credentials } = start({
      host: wanting('repository:a/b:pull'),
      credential,
    })
    expect(await text(await get())).toBe('content')
    await get()
    expect(registryRequests().map(request => tokenOf(request)?.user)).toEqual([undefined, user, user])
    expect(tokenRequests()).toHaveLength(1)
    expect(credentials.asked).toEqual(['a/b'])
  })

  it('sends a body anew', async () => {
    const { get, registryRequests } = start({ host: wanting('repository:a/b:pull,push'), credential: alice })
    const open = async () => Readable.from([Buffer.from('body')])
    expect((await get({ ...put, body: { open, size: 4 } })).status).toBe(200)
    expect(registryRequests().map(({ text }) => text)).toEqual(['body', 'body'])
  })

  it('asks for what the challenge and the request name, the challenge first', async () => {
    const host = wanting('repository:a/b:pull,push')
    const { get, tokenRequests } = start({ host, credential: alice })
    await get({ scopes: ['registry:catalog:*'] })
    expect(tokenRequests()[0]?.query.getAll('scope')).toEqual(['repository:a/b:pull,push', 'registry:catalog:*'])
  })

  it.each<[Partial<HttpRequest>, string]>([
    [{ method: 'HEAD' }, 'repository:a/b:pull'],
    [{ method: 'PATCH' }, 'repository:a/b:pull,push'],
    [{ method: 'DELETE' }, 'repository:a/b:*'],
  ])('goes by the method where nobody names a scope: %j', async (request, scope) => {
    const host: Host = arrived => (tokenOf(arrived) ? ok : unauthorized(`Bearer realm="${auth}/token"`))
    const { get, tokenRequests } = start({ host, credential: alice })
    await get({ ...request, scopes: undefined })
    expect(tokenRequests()[0]?.query.getAll('scope')).toEqual([scope])
    expect(tokenRequests()[0]?.query.has('service')).toBe(false)
  })

  it('fetches one token for a hundred requests', async () => {
    const slowly: Host = async request => {
      await new Promise(resolve => setTimeout(resolve, 5))
      return tokenHost(users)(request)
    }
    const { get, tokenRequests } = start({ host: wanting('repository:a/b:pull'), tokens: slowly, credential: alice })
    const responses = await Promise.all(Array.from({ length: 100 }, () => get()))
    expect(responses.every(({ status }) => status === 200)).toBe(true)
    expect(tokenRequests()).toHaveLength(1)
  })

  it('does not keep a failed fetch', async () => {
    let down = true
    const real = tokenHost(users)
    const tokens: Host = request => (down ? { status: 503 } : real(request))
    const { get } = start({ host: wanting('repository:a/b:pull'), tokens })
    await expect(get()).rejects.toMatchObject({ code: 'SERVER_FAILED' })
    down = false
    expect((await get()).status).toBe(200)
  })

  it('renews a token before it ends, without another 401', async () => {
    let now = 1_000_000_000_000
    const { get, registryRequests, tokenRequests } = start({
      host: wanting('repository:a/b:pull'),
      options: { now: () => now },
    })
    await get()
    now += 291_000
    expect((await get()).status).toBe(200)
    expect(tokenRequests()).toHaveLength(2)
    expect(registryRequests().map(request => tokenOf(request)?.serial)).toEqual([undefined, '1', '2'])
  })

  it('renews a token that the registry takes no longer, once', async () => {
    let revoked = ''
    const { get, registryRequests } = start({
      host: wanting('repository:a/b:pull', ({ serial }) => serial !== revoked),
      credential: alice,
    })
    await get()
    revoked = '1'
    expect((await get()).status).toBe(200)
    expect(registryRequests().map(request => tokenOf(request)?.serial)).toEqual([undefined, '1', '1', '2'])
  })

  it('item 78: hands back the 401 of a write that stays one, with its text', async () => {
    const { get, registryRequests, tokenRequests } = start({
      host: wanting('repository:a/b:pull,push', () => false),
      credential: alice,
    })
    const response = await get(put)
    expect([response.status, await text(response)]).toEqual([401, 'no'])
    expect(registryRequests()).toHaveLength(2)
    expect(tokenRequests()).toHaveLength(1)
  })

  it('item 78: asks for a wider scope once after 403 insufficient_scope', async () => {
    const wider = challenge('repository:a/b:pull,push', ',error="insufficient_scope"')
    const host: Host = request => {
      const token = tokenOf(request)
      if (!token) return unauthorized(challenge())
      if (token.scopes.includes('repository:a/b:pull,push')) return ok
      return { status: 403, headers: { 'www-authenticate': wider } }
    }
    const { get, tokenRequests } = start({ host, credential: alice })
    expect((await get()).status).toBe(200)
    expect(tokenRequests()).toHaveLength(2)
  })

  it('item 78: argues for two rounds, however the registry goes on asking for more', async () => {
    let round = 0
    const host: Host = () => unauthorized(challenge(`repository:a/b:round${++round}`))
    const { get, registryRequests, tokenRequests } = start({ host, credential: alice })
    expect((await get(put)).status).toBe(401)
    expect([registryRequests().length, tokenRequests().length]).toEqual([3, 2])
  })

  it('hands back any other 403', async () => {
    const { get, net } = start({ host: () => ({ status: 403, text: 'quota' }), credential: alice })
    expect(await text(await get())).toBe('quota')
    expect(net.arrived).toHaveLength(1)
  })

  it('keeps pull when it asks for push, and asks for no more after that', async () => {
    const host: Host = request => {
      const needed = request.method === 'GET' ? 'pull' : 'push'
      const scopes = tokenOf(request)?.scopes ?? []
      return scopes.some(scope => scope.includes(needed)) ? ok : unauthorized(challenge(`repository:a/b:${needed}`))
    }
    const { get, tokenRequests } = start({ host, credential: alice })
    await get()
    await get({ method: 'PUT', scopes: ['repository:a/b:push'] })
    await get()
    expect(tokenRequests().map(({ query }) => query.get('scope'))).toEqual([
      'repository:a/b:pull',
      'repository:a/b:push,pull',
    ])
  })

  it('gives a second repository of the host its token without a 401', async () => {
    const host: Host = request => {
      const scope = `repository:${/\/v2\/(.*)\/manifests/.exec(request.url)?.[1]}:pull`
      return wanting(scope)(request)
    }
    const { options, net, get } = start({ host, credential: alice })
    await get()
    const second = authorize({ ...options, repository: 'c/d' })(net.send)
    const url = `${registry}/v2/c/d/manifests/1`
    const response = await second({ method: 'GET', url, scopes: ['repository:c/d:pull'] })
    expect(response.status).toBe(200)
    expect(net.at(registry)).toHaveLength(3)
  })

  it('asks /v2/ where a 401 has no challenge (GCR)', async () => {
    const host: Host = request => {
      if (request.url === `${registry}/v2/`) return unauthorized(challenge(''))
      return tokenOf(request) ? ok : { status: 401 }
    }
    const { get, registryRequests } = start({ host, credential: alice })
    expect((await get()).status).toBe(200)
    expect(registryRequests()[1]).toMatchObject({ url: `${registry}/v2/`, authorization: undefined })
  })

  it('2.2k: takes no challenge from where its /v2/ redirects to', async () => {
    const host: Host = ({ url }) =>
      url === `${registry}/v2/` ? { ...unauthorized(challenge('')), url: 'https://evil.test/' } : { status: 401 }
    const { get, credentials } = start({ host, credential: alice })
    expect((await get()).status).toBe(401)
    expect(credentials.asked).toEqual([])
  })

  it('hands back a 401 that nobody explains', async () => {
    const { get } = start({ host: () => ({ status: 401, text: 'no' }), credential: alice })
    expect(await text(await get())).toBe('no')
  })

  it('2.2f: fails where no token server is named', async () => {
    const { get } = start({ host: () => unauthorized('Bearer service="s"'), credential: alice })
    await expect(get()).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      message: 'registry.test asks for a token but names no token server',
    })
  })

  it('sends a registry token as it is', async () => {
    const host: Host = ({ authorization }) => (authorization === 'Bearer verbatim' ? ok : unauthorized(challenge()))
    const { get, tokenRequests, registryRequests } = start({
      host,
      credential: { kind: 'registry', token: 'verbatim' },
    })
    await get()
    expect((await get()).status).toBe(200)
    expect(registryRequests()).toHaveLength(3)
    expect(tokenRequests()).toEqual([])
  })

  it('T12: keeps no more than 64 KiB of a refusal', async () => {
    const { get } = start({ host: () => unauthorized('Negotiate', 'x'.repeat(200_000)) })
    expect(await text(await get())).toHaveLength(64 * 1024)
  })

  it('T12: reads no further than it keeps', async () => {
    const { options } = start({ host: () => ok })
    let read = 0
    function* endless() {
      for (; read < 10_000; read++) yield Buffer.alloc(1024)
    }
    const headers = { 'www-authenticate': 'Negotiate' }
    const url = `${registry}/v2/`
    const send = authorize(options)(async () => ({ status: 401, headers, url, body: Readable.from(endless()) }))
    await send({ method: 'GET', url })
    expect(read).toBeLessThan(200)
  })

  it('stops when aborted, while the token is on its way', async () => {
    const control = new AbortController()
    const tokens: Host = ({ signal }) =>
      new Promise<FakeAnswer>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason))
        control.abort(new Error('stop'))
      })
    const { get } = start({ host: wanting('repository:a/b:pull'), tokens })
    await expect(get({ signal: control.signal })).rejects.toThrow('stop')
  })
})

describe('Basic', () => {
  const wantingBasic: Host = ({ authorization }) =>
    authorization === basicOf('alice:hunter2') ? ok : unauthorized('Basic realm="r"', 'no')

  it('is sent, and from then on at once (ECR)', async () => {
    const { get, registryRequests } = start({ host: wantingBasic, credential: alice })
    await get()
    expect((await get()).status).toBe(200)
    expect(registryRequests()).toHaveLength(3)
  })

  it.each([
    ['nobody', undefined],
    ['an identity token', { kind: 'identity', token: 't' } as const],
  ])('hands back the 401 to %s', async (_, credential) => {
    const { get } = start({ host: wantingBasic, credential })
    const response = await get(put)
    expect([response.status, await text(response)]).toEqual([401, 'no'])
  })

  it('2.2b: comes after Bearer, and serves where the realm may not be visited', async () => {
    const both = 'Bearer realm="https://169.254.169.254/t", Basic realm="r"'
    const host: Host = ({ authorization }) => (authorization?.startsWith('Basic ') ? ok : unauthorized(both))
    const { get, tokenRequests } = start({ host, credential: alice })
    expect((await get()).status).toBe(200)
    expect(tokenRequests()).toEqual([])
    const preferring = start({ host: wanting('repository:a/b:pull'), credential: alice })
    expect((await preferring.get()).status).toBe(200)
  })

  it('2.2i: Harbor’s Basic to a Bearer that ended is no change of mind', async () => {
    let revoked = ''
    const host: Host = request => {
      if (request.authorization === undefined) return unauthorized(challenge())
      return tokenOf(request)?.serial === revoked ? unauthorized('Basic realm="harbor"') : ok
    }
    const { get, registryRequests } = start({ host, credential: alice })
    await get()
    revoked = '1'
    expect((await get()).status).toBe(200)
    expect(registryRequests().map(request => tokenOf(request)?.serial)).toEqual([undefined, '1', '1', '2'])
  })

  it('2.2i: Harbor’s catalog wants Basic although a new token was shown', async () => {
    const host: Host = request => {
      if (request.url.endsWith('/_catalog')) return wantingBasic(request)
      return wanting('repository:a/b:pull')(request)
    }
    const { get, registryRequests } = start({ host, credential: alice })
    await get()
    const catalog = { url: `${registry}/v2/_catalog`, scopes: ['registry:catalog:*'] }
    expect((await get(catalog)).status).toBe(200)
    await get()
    expect(registryRequests().at(-1)?.authorization).toMatch(/^Bearer /)
  })
})

describe('credentials that are refused', () => {
  const stale: Credential = { kind: 'password', username: 'alice', password: 'old' }

  it('give way to reading anonymously, and are left alone from then on', async () => {
    const { get, notices, tokenRequests } = start({ host: wanting('repository:a/b:pull'), credential: stale })
    expect((await get()).status).toBe(200)
    expect((await get()).status).toBe(200)
    expect(notices).toEqual([
      {
        code: 'ANONYMOUS_RETRY',
        message: 'The credentials for registry.test from a test were refused; reading on without them',
      },
    ])
    expect(tokenRequests().map(({ authorization }) => authorization)).toEqual([basicOf('alice:old'), undefined])
  })

  it('give way when it is the registry that refuses them', async () => {
    const { get, notices } = start({
      host: wanting('repository:a/b:pull', ({ user }) => user === ''),
      credential: alice,
    })
    expect((await get()).status).toBe(200)
    expect(notices).toHaveLength(1)
  })

  it('give way when Basic was sent at once', async () => {
    let open = false
    const host: Host = ({ authorization }) => {
      if (authorization === undefined) return open ? ok : unauthorized('Basic realm="r"')
      return open ? unauthorized('Basic realm="r"') : ok
    }
    const { get, notices } = start({ host, credential: alice })
    await get()
    open = true
    expect((await get()).status).toBe(200)
    expect(notices).toHaveLength(1)
  })

  it('fail a write, and say how to log in', async () => {
    const { get, notices, tokenRequests } = start({ host: wanting('repository:a/b:pull,push'), credential: stale })
    await expect(get(put)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      hint: "run 'regctl login registry.test'",
    })
    expect(notices).toEqual([])
    expect(tokenRequests()).toHaveLength(1)
  })

  it('are what the error is about when nothing can be read anonymously either', async () => {
    const noAnonymous: Host = request => (request.authorization ? tokenHost(users)(request) : { status: 401 })
    const { get, notices } = start({ host: wanting('repository:a/b:pull'), tokens: noAnonymous, credential: stale })
    await expect(get()).rejects.toMatchObject({ message: expect.stringContaining('did not accept the credentials') })
    expect(notices).toEqual([])
  })

  it('are what the response is about when the registry takes nobody', async () => {
    const host: Host = request => unauthorized(challenge(), `not you, ${tokenOf(request)?.user}`)
    const { get, notices } = start({ host, credential: alice })
    expect(await text(await get())).toBe('not you, alice')
    expect(notices).toEqual([])
  })

  it('are looked up again after the store failed', async () => {
    let broken = true
    const get = async () => {
      if (broken) throw new Error('locked')
      return { credential: alice, source: 'keychain' }
    }
    const world = start({ host: wanting('repository:a/b:pull'), options: { credentials: { get } } })
    await expect(world.get()).rejects.toThrow('locked')
    broken = false
    expect((await world.get()).status).toBe(200)
  })
})

describe('mounts (2.6)', () => {
  const scopes = ['repository:a/b:pull,push', 'repository:c/d:pull']
  const mount: Partial<HttpRequest> = { method: 'POST', url: `${registry}/v2/a/b/blobs/uploads/`, scopes }

  it('ask for both repositories, the new one first', async () => {
    const { get, tokenRequests } = start({ host: wanting('repository:c/d:pull'), credential: alice })
    expect((await get(mount)).status).toBe(200)
    expect(tokenRequests()[0]?.query.getAll('scope')).toEqual(['repository:c/d:pull', 'repository:a/b:pull,push'])
  })

  it('go on with the own repository alone where the source is denied, and do not ask again', async () => {
    const tokens: Host = request =>
      request.query.getAll('scope').length > 1 ? { status: 403 } : tokenHost(users)(request)
    const { get, tokenRequests } = start({ host: wanting('repository:a/b:pull,push'), tokens, credential: alice })
    expect((await get(mount)).status).toBe(200)
    expect((await get(mount)).status).toBe(200)
    expect(tokenRequests().map(({ query }) => query.getAll('scope').length)).toEqual([2, 1])
  })

  it('T19: never mix in a repository of other credentials', async () => {
    const credentials = {
      async get(_: string, repository?: string) {
        const bob: Credential = { kind: 'password', username: 'bob', password: 'pw' }
        return { credential: repository === 'c/d' ? bob : alice, source: 'a test' }
      },
    }
    const { get, tokenRequests } = start({ host: wanting('repository:a/b:pull,push'), options: { credentials } })
    expect((await get(mount)).status).toBe(200)
    expect(tokenRequests()[0]?.query.getAll('scope')).toEqual(['repository:a/b:pull,push'])
  })
})

describe('strangers', () => {
  const evil = 'https://evil.test'
  const evilChallenges = ['Basic realm="r"', `Bearer realm="${evil}/token"`, `Bearer realm="${auth}/token"`]

  it.each(evilChallenges)('T5, CVE-2020-15157: a 401 from another host stays unanswered: %s', async header => {
    const { get, net, credentials } = start({
      host: wanting('repository:a/b:pull'),
      others: { [evil]: () => unauthorized(header) },
      credential: alice,
    })
    await get()
    const before = net.arrived.length
    expect((await get({ url: `${evil}/blob` })).status).toBe(401)
    expect(net.at(evil).map(({ authorization }) => authorization)).toEqual([undefined])
    expect(net.arrived.length).toBe(before + 1)
    expect(credentials.asked).toHaveLength(1)
  })

  it.each([
    ['another port', 'https://registry.test:444'],
    ['plain http', 'http://registry.test'],
    ['a subdomain', 'https://blobs.registry.test'],
  ])('T6: %s is a stranger', async (_, origin) => {
    const { get, net } = start({
      host: wanting('repository:a/b:pull'),
      others: { [origin]: () => unauthorized(challenge()) },
      credential: alice,
    })
    await get()
    expect((await get({ url: `${origin}/v2/a/b/manifests/1` })).status).toBe(401)
    expect(net.at(origin).map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it.each(evilChallenges)('2.2k, T6, GHSA-vh4v-2xq2-g5cg: nor is a 401 from where a redirect led: %s', async header => {
    const host: Host = () => ({ ...unauthorized(header), url: `${evil}/blob` })
    const { get, net, credentials } = start({ host, credential: alice })
    expect((await get()).status).toBe(401)
    expect(net.arrived).toHaveLength(1)
    expect(credentials.asked).toEqual([])
  })

  it.each([
    `${evil}/token`,
    'http://169.254.169.254/latest/',
    'http://registry.test/token',
    'https://user@registry.test/token',
    'https://127.0.0.1/token',
    'https://auth.docker.io/token',
  ])('T2, GHSA-28r5-37g7-p6mp: no secret, and no connection, for the realm %s', async realm => {
    for (const credential of [alice, { kind: 'identity', token: 'canary' } as const]) {
      const { get, net } = start({ host: () => unauthorized(`Bearer realm="${realm}"`), credential })
      await expect(get()).rejects.toMatchObject({ code: 'REFUSED' })
      expect(net.arrived).toHaveLength(1)
      await expect(get(put)).rejects.toMatchObject({ code: 'REFUSED' })
      expect(net.arrived.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
    }
  })

  it('T2: another public token server is asked anonymously, at public addresses only', async () => {
    const host: Host = request => (tokenOf(request) ? ok : unauthorized('Bearer realm="https://auth.test/token"'))
    const { get, net } = start({ host, others: { 'https://auth.test': tokenHost({}) } })
    expect((await get()).status).toBe(200)
    expect(net.at('https://auth.test')).toMatchObject([{ publicOnly: true, authorization: undefined }])
  })

  it('T2: a registry inside a company may have its token server there, now and for the next request', async () => {
    const header = 'Bearer realm="https://auth.test/token"'
    const host: Host = request => (tokenOf(request) ? ok : { ...unauthorized(header), remoteAddress: '10.0.0.5' })
    const { get, net } = start({ host, others: { 'https://auth.test': tokenHost({}) } })
    await get()
    await get({ scopes: ['repository:a/b:push'] })
    expect(net.at('https://auth.test').map(({ publicOnly }) => publicOnly)).toEqual([false, false])
  })

  it('T2: a pinned token server gets the password, wherever it is', async () => {
    const host: Host = request => (tokenOf(request) ? ok : unauthorized('Bearer realm="https://auth.test/token"'))
    const { get, net } = start({
      host,
      others: { 'https://auth.test': tokenHost(users) },
      credential: alice,
      options: { trustedRealms: ['auth.test'] },
    })
    expect((await get()).status).toBe(200)
    expect(net.at('https://auth.test')).toMatchObject([{ publicOnly: false, authorization: basicOf('alice:hunter2') }])
  })

  it('T20: no credentials over plain http, unless the registry itself is plain http', async () => {
    const plain = 'http://registry.test:5000'
    const host: Host = ({ authorization }) => (authorization ? ok : unauthorized('Basic realm="r"'))
    const strict = start({ host: () => ok, others: { [plain]: host }, credential: alice })
    expect((await strict.get({ url: `${plain}/v2/` })).status).toBe(401)
    const { get } = start({ host: () => ok, others: { [plain]: host }, credential: alice, options: { baseUrl: plain } })
    expect((await get({ url: `${plain}/v2/` })).status).toBe(200)
  })
})

describe('identities', () => {
  it('T19, CVE-2026-103868: the second at a host does not get the first one’s token', async () => {
    const first = start({ host: wanting('repository:a/b:pull'), credential: alice })
    await first.get()
    const bob = credentialsOf({ kind: 'password', username: 'bob', password: 'pw' })
    const second = authorize({ ...first.options, credentials: bob })(first.net.send)
    const anonymous = authorize({ ...first.options, credentials: credentialsOf(undefined) })(first.net.send)
    for (const send of [second, anonymous]) await send({ method: 'GET', url: `${registry}/v2/a/b/manifests/1` })
    expect(first.registryRequests().map(request => tokenOf(request)?.user)).toEqual([undefined, 'alice', 'bob', ''])
  })
})

describe('a login that was refused', () => {
  it.each<[string, Credential, string | undefined]>([
    ['a password', { kind: 'password', username: 'alice', password: 'hunter2' }, 'alice'],
    ['a token', { kind: 'registry', token: 'verbatim' }, undefined],
  ])('comes back with whose it was and where %s came from', async (_, credential, username) => {
    const { get } = start({ host: () => unauthorized('Basic realm="r"', 'no'), credential })
    const response = await get(put)
    expect(response).toMatchObject({ status: 401, refused: { username, source: 'a test' } })
    expect(JSON.stringify(response.refused)).not.toMatch(/hunter2|verbatim/)
  })

  it('is none where the login is good and may not do this', async () => {
    const host: Host = ({ authorization }) =>
      authorization ? { status: 403, text: 'no' } : unauthorized('Basic realm="r"')
    const response = await start({ host, credential: alice }).get(put)
    expect([response.status, response.refused]).toEqual([403, undefined])
  })

  it('is none where nobody was logged in', async () => {
    const { get } = start({ host: () => unauthorized('Basic realm="r"', 'no') })
    const response = await get(put)
    expect([response.status, response.refused]).toEqual([401, undefined])
  })

  it('by the token server is told with where it came from', async () => {
    const { get } = start({
      host: wanting('repository:a/b:pull,push'),
      credential: { kind: 'password', username: 'alice', password: 'wrong' },
    })
    await expect(get(put)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('they are from a test'),
    })
  })
})
