import { describe, expect, it } from 'vitest'
import { type LoginOptions, verifyLogin } from '../../src/auth/login.ts'
import type { Credential } from '../../src/credentials/credentials.ts'
import { alice, basicOf, createNet, type FakeAnswer, type Host, tokenHost, unauthorized } from './net.ts'

const registry = 'https://registry.test'
const auth = 'https://auth.test'
const users = { alice: 'hunter2' }
const wrong: Credential = { kind: 'password', username: 'alice', password: 'secret-canary' }
const bearer = `Bearer realm="${auth}/token",service="s"`

/** Opens to any Authorization of this scheme. */
const wanting =
  (challenge: string, scheme: string): Host =>
  ({ authorization }) =>
    authorization?.startsWith(`${scheme} `) ? {} : unauthorized(challenge)

function start(host: Host, tokens: Host = tokenHost(users)) {
  const net = createNet({ [registry]: host, [auth]: tokens, 'https://registry-1.docker.io': host })
  const login = (more: Partial<LoginOptions> = {}) =>
    verifyLogin({
      registry: 'registry.test',
      baseUrl: registry,
      credential: alice,
      send: net.send,
      tokenSend: net.send,
      ...more,
    })
  return { net, login }
}

describe('verifyLogin', () => {
  it('says so when the registry asks for nothing, and sends nothing', async () => {
    const { net, login } = start(() => ({}))
    await expect(login()).resolves.toEqual({ anonymous: true })
    expect(net.arrived.map(({ url, authorization }) => [url, authorization])).toEqual([[`${registry}/v2/`, undefined]])
  })

  it('shows Basic', async () => {
    const { net, login } = start(wanting('Basic realm="r"', 'Basic'))
    await expect(login()).resolves.toEqual({})
    expect(net.arrived[1]?.authorization).toBe(basicOf('alice:hunter2'))
  })

  it('T2: names the token server that is to be pinned, and visits it at public addresses only', async () => {
    const { net, login } = start(wanting(bearer, 'Bearer'))
    await expect(login()).resolves.toEqual({ realmHost: 'auth.test' })
    expect(net.at(auth)).toMatchObject([{ publicOnly: true, authorization: basicOf('alice:hunter2') }])
    expect(net.at(registry).at(-1)?.authorization).toMatch(/^Bearer alice\|/)
  })

  it('has nothing to pin at the registry’s own host', async () => {
    const tokens = tokenHost(users)
    const host: Host = request =>
      request.url.includes('/token') ? tokens(request) : wanting('Bearer realm="/token"', 'Bearer')(request)
    await expect(start(host).login()).resolves.toEqual({})
  })

  it('hands an identity token on', async () => {
    const tokens: Host = ({ query }) => ({
      text: JSON.stringify({ token: 't', refresh_token: query.get('offline_token') === 'true' ? 'r' : undefined }),
    })
    const { login } = start(wanting(bearer, 'Bearer'), tokens)
    await expect(login()).resolves.toMatchObject({ identityToken: 'r' })
  })

  it('does without an identity token where that is not known', async () => {
    const tokens: Host = request => (request.query.has('offline_token') ? { status: 400 } : tokenHost(users)(request))
    const { login } = start(wanting(bearer, 'Bearer'), tokens)
    await expect(login()).resolves.toEqual({ realmHost: 'auth.test' })
  })

  it.each<[string, Host]>([
    ['token server', wanting(bearer, 'Bearer')],
    ['registry', () => unauthorized('Basic realm="r"', '{"errors":[{"message":"secret-canary is wrong"}]}')],
  ])('T15: the %s refuses a wrong password', async (_, host) => {
    const error: unknown = await start(host)
      .login({ credential: wrong })
      .catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', hint: expect.stringContaining('check the user name') })
    expect(JSON.stringify([String(error), error])).not.toContain('secret-canary')
  })

  it.each<[string, FakeAnswer, string]>([
    ['no registry', { status: 404, text: '<html>' }, 'NOT_FOUND'],
    ['no access', { status: 403 }, 'DENIED'],
    ['too many', { status: 429 }, 'RATE_LIMITED'],
    ['down', { status: 503 }, 'SERVER_FAILED'],
    ['a web page', { status: 302 }, 'NOT_FOUND'],
    ['another way to log in', unauthorized('Negotiate'), 'UNSUPPORTED'],
    ['no way to log in', { status: 401 }, 'UNSUPPORTED'],
    ['led elsewhere', { url: 'https://elsewhere.test/v2/' }, 'REFUSED'],
  ])('item 7: %s', async (_, answer, code) => {
    const { net, login } = start(() => answer)
    await expect(login()).rejects.toMatchObject({ code, message: expect.stringContaining('registry.test') })
    expect(net.arrived.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it.each<[string, FakeAnswer, string, string]>([
    ['HTTPS', { status: 400, text: 'Client sent an HTTP request to an HTTPS server.\n' }, 'TLS_FAILED', '--ca-file'],
    [
      'HTTPS, by nginx',
      { status: 400, text: '<html><title>400 The plain HTTP request was sent to HTTPS port</title>' },
      'TLS_FAILED',
      '--insecure registry.test',
    ],
    ['no web page', { status: 404, text: '<!DOCTYPE html><html>' }, 'NOT_FOUND', 'may not be a registry'],
    [
      'no web page at all',
      { headers: { 'content-type': 'text/html' }, text: '<p>' },
      'NOT_FOUND',
      'may not be a registry',
    ],
    ['no long web page', { status: 404, text: `<html>${'x'.repeat(400_000)}` }, 'NOT_FOUND', 'may not be a registry'],
    ['no bad request', { status: 400, text: 'no' }, 'NOT_FOUND', 'may not be a registry'],
  ])('where the server wants %s, the hint is not to store the credentials unseen', async (_, answer, code, hint) => {
    const error = await start(() => answer)
      .login()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) })
    expect(error).toMatchObject({ hint: expect.not.stringContaining('--no-verify') })
  })

  it('where only /v2/ is hidden, the hint names --no-verify', async () => {
    await expect(start(() => ({ status: 404 })).login()).rejects.toMatchObject({
      hint: expect.stringContaining('--no-verify'),
    })
  })

  it.each(['https://169.254.169.254/t', 'http://auth.test/t', 'https://bob@auth.test/t', 'https://localhost/t'])(
    'T2: even at login nothing goes to %s',
    async realm => {
      const { net, login } = start(() => unauthorized(`Bearer realm="${realm}"`))
      await expect(login()).rejects.toMatchObject({ code: 'REFUSED' })
      expect(net.arrived).toHaveLength(1)
    },
  )

  it('shows a registry token as it is, and an identity token to the token server', async () => {
    const first = start(wanting(bearer, 'Bearer'))
    await first.login({ credential: { kind: 'registry', token: 'verbatim' } })
    expect(first.net.arrived.at(-1)?.authorization).toBe('Bearer verbatim')
    const second = start(wanting(bearer, 'Bearer'), ({ text }) => ({
      ...(new URLSearchParams(text).get('refresh_token') === 'r' ? { text: '{"access_token":"t"}' } : { status: 401 }),
    }))
    await expect(second.login({ credential: { kind: 'identity', token: 'r' } })).resolves.toMatchObject({})
  })
})
