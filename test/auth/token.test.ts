import { describe, expect, it } from 'vitest'
import { fetchToken, type TokenRequest } from '../../src/auth/token.ts'
import { alice, basicOf, createNet, type FakeAnswer, type Host } from './net.ts'

const origin = 'https://auth.test'
const request: TokenRequest = { realm: `${origin}/token`, registry: 'registry.test', scopes: ['repository:a/b:pull'] }
const identity = { kind: 'identity', token: 'refresh-canary' } as const
const good: FakeAnswer = { text: '{"token":"t","expires_in":300}' }

const start = (host: Host) => {
  const net = createNet({ [origin]: host })
  return { net, fetch: (more: Partial<TokenRequest> = {}) => fetchToken(net.send, { ...request, ...more }) }
}

describe('fetchToken', () => {
  it('asks anonymously with GET (2.3)', async () => {
    const { net, fetch } = start(() => good)
    const token = await fetch({ service: 's s', scopes: ['repository:a/b:pull', 'repository:c:pull'], now: () => 5000 })
    expect(token).toEqual({ value: 't', expiresAt: 295_000 })
    const [{ method, query, authorization } = expect.fail()] = net.arrived
    expect({ method, authorization }).toEqual({ method: 'GET', authorization: undefined })
    expect([...query]).toEqual([
      ['service', 's s'],
      ['scope', 'repository:a/b:pull'],
      ['scope', 'repository:c:pull'],
      ['client_id', 'regctl'],
    ])
  })

  it('shows a password as Basic, and asks for an identity token at login alone', async () => {
    const { net, fetch } = start(() => ({ text: '{"access_token":"t","refresh_token":"r"}' }))
    await expect(fetch({ credential: alice, offline: true })).resolves.toMatchObject({ refreshToken: 'r' })
    await fetch({ credential: alice })
    const [login, later] = net.arrived
    expect(login?.authorization).toBe(basicOf('alice:hunter2'))
    expect([login?.query.get('account'), login?.query.get('offline_token')]).toEqual(['alice', 'true'])
    expect(later?.query.has('offline_token')).toBe(false)
  })

  it('keeps the realm’s own query as it is (2.2e)', async () => {
    const { net, fetch } = start(() => good)
    await fetch({ realm: `${origin}/token?a=%2fb&c`, scopes: [] })
    expect(net.arrived[0]?.url).toBe(`${origin}/token?a=%2fb&c&client_id=regctl`)
  })

  it('posts an identity token (2.4)', async () => {
    const { net, fetch } = start(() => good)
    await fetch({ credential: identity, service: 's', scopes: ['x:y:z', 'u:v:w'] })
    const [{ method, url, text, headers } = expect.fail()] = net.arrived
    expect({ method, url }).toEqual({ method: 'POST', url: `${origin}/token` })
    expect(headers?.['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(text))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-canary',
      client_id: 'regctl',
      access_type: 'online',
      service: 's',
      scope: 'x:y:z u:v:w',
    })
  })

  it.each([404, 405])('posts a password where GET answers %i', async status => {
    const { net, fetch } = start(({ method }) => (method === 'GET' ? { status } : good))
    await expect(fetch({ credential: alice })).resolves.toMatchObject({ value: 't' })
    expect(new URLSearchParams(net.arrived[1]?.text).get('grant_type')).toBe('password')
  })

  it('sets publicOnly for a stranger’s realm (T2)', async () => {
    const { net, fetch } = start(() => good)
    await fetch({ publicOnly: true })
    expect(net.arrived[0]?.publicOnly).toBe(true)
  })

  it.each<[number, string, string, string]>([
    [
      401,
      '{"details":"incorrect username or password"}',
      'UNAUTHORIZED',
      'did not accept the credentials (401: incorrect username or password)',
    ],
    [
      403,
      '{"errors":[{"code":"DENIED","message":"no"}]}',
      'DENIED',
      'denies a token for repository:a/b:pull (403: no)',
    ],
    [429, 'Too Many Requests', 'RATE_LIMITED', 'wants fewer requests (429: Too Many Requests)'],
    [400, '{"error":"invalid_grant"}', 'UNAUTHORIZED', 'did not accept the credentials (400: invalid_grant)'],
    [400, '{"error":"invalid_scope"}', 'SERVER_FAILED', 'gave no token (400: invalid_scope)'],
    [500, '<html>', 'SERVER_FAILED', 'gave no token (500)'],
    [204, '', 'SERVER_FAILED', 'gave no token (204)'],
    [200, '<html>ok</html>', 'SERVER_FAILED', 'sent an answer that cannot be used: it is not JSON'],
  ])('%i %s: %s', async (status, text, code, message) => {
    const { fetch } = start(() => ({ status, text }))
    await expect(fetch({ credential: alice })).rejects.toMatchObject({
      code,
      message: `auth.test, the token server of registry.test, ${message}`,
    })
  })

  it('names the login that helps', async () => {
    const { fetch } = start(() => ({ status: 401 }))
    await expect(fetch()).rejects.toMatchObject({
      message: 'auth.test, the token server of registry.test, gives no token without logging in (401)',
      hint: "run 'regctl login registry.test'",
    })
  })

  it.each([
    ['plain', 'hunter2'],
    ['base64', basicOf('alice:hunter2')],
    ['the identity token', 'refresh-canary'],
  ])('T15: an error never repeats a secret: %s', async (_, secret) => {
    const { fetch } = start(() => ({ status: 403, text: JSON.stringify({ message: `got ${secret} from you` }) }))
    for (const credential of [alice, identity]) {
      const error: unknown = await fetch({ credential }).catch(thrown => thrown)
      expect(error).toMatchObject({ code: 'DENIED' })
      expect(String(error)).not.toMatch(credential === alice ? /hunter2|YWxpY2/ : /refresh-canary/)
    }
  })

  it('T12: reads no more than 1 MiB', async () => {
    const { fetch } = start(() => ({ text: `{"token":"${'x'.repeat(1024 * 1024)}"}` }))
    await expect(fetch()).rejects.toMatchObject({ message: expect.stringContaining('1048576') })
  })

  describe('redirects', () => {
    const to = (location: string, status = 302): FakeAnswer => ({ status, headers: { location } })

    it.each([
      'http://169.254.169.254/latest/meta-data/iam/',
      'https://evil.test/token',
      'https://auth.test:8443/token',
      'http://auth.test/token',
      '//evil.test/token',
    ])('T2, T6: nothing goes to %s', async location => {
      for (const credential of [undefined, alice, identity]) {
        for (const status of [301, 302, 303, 307, 308]) {
          const { net, fetch } = start(() => to(location, status))
          await expect(fetch({ credential })).rejects.toMatchObject({ code: 'REFUSED' })
          expect(net.arrived).toHaveLength(1)
        }
      }
    })

    it('T6: an answer that came from elsewhere after all is not used', async () => {
      const { fetch } = start(() => ({ ...good, url: 'https://evil.test/token' }))
      await expect(fetch()).rejects.toMatchObject({ code: 'REFUSED' })
    })

    it('are followed at the same origin', async () => {
      const { net, fetch } = start(({ url }) => (url.includes('/v2') ? good : to('/v2/token', 307)))
      await fetch({ credential: identity })
      expect(net.arrived.map(({ url }) => url)).toEqual([`${origin}/token`, `${origin}/v2/token`])
      expect(net.arrived[1]?.text).toContain('refresh-canary')
    })

    it('end', async () => {
      const { net, fetch } = start(() => to('/token'))
      await expect(fetch()).rejects.toMatchObject({ code: 'REFUSED' })
      expect(net.arrived).toHaveLength(4)
    })

    it('never make a GET of a POST', async () => {
      const { net, fetch } = start(() => to('/other'))
      await expect(fetch({ credential: identity })).rejects.toMatchObject({ code: 'REFUSED' })
      expect(net.arrived).toHaveLength(1)
    })
  })

  it('stops when aborted', async () => {
    const { fetch } = start(() => good)
    await expect(fetch({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
  })
})
