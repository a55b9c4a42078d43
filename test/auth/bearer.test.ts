import { describe, expect, it } from 'vitest'
import { createBearer, scopesOf } from '../../src/auth/bearer.ts'
import { createTokenCache } from '../../src/auth/token-cache.ts'
import type { HttpRequest, Method } from '../../src/http/http.ts'
import { alice, createNet, credentialsOf, type Host, tokenHost } from './net.ts'

describe('scopesOf (2.5)', () => {
  it.each<[Method, string[] | undefined, string | undefined, string[]]>([
    ['GET', undefined, 'a/b', ['repository:a/b:pull']],
    ['HEAD', [], 'a/b', ['repository:a/b:pull']],
    ['PUT', undefined, 'a/b', ['repository:a/b:pull,push']],
    ['POST', undefined, 'a/b', ['repository:a/b:pull,push']],
    ['DELETE', undefined, 'a/b', ['repository:a/b:*']],
    ['PUT', ['registry:catalog:*'], 'a/b', ['registry:catalog:*']],
    ['GET', undefined, undefined, []],
  ])('%s naming %j in %s needs %j', (method, scopes, repository, expected) => {
    expect(scopesOf({ method, url: 'https://r.test/', scopes }, repository)).toEqual(expected)
  })
})

describe('createBearer', () => {
  const request: HttpRequest = { method: 'GET', url: 'https://r.test/v2/' }
  const scheme = { kind: 'bearer', realm: '/token', service: 's', nearby: false } as const

  function start(tokens: Host, repository?: string) {
    const net = createNet({ 'https://r.test': tokens })
    const credentials = credentialsOf(alice)
    const options = {
      registry: 'r.test',
      baseUrl: 'https://r.test',
      repository,
      credentials,
      tokens: createTokenCache(),
      tokenSend: net.send,
    }
    return { net, bearer: createBearer(options, name => credentials.get('r.test', name)) }
  }

  it('takes a relative realm (2.2e) and several scopes (2.2g)', async () => {
    const { net, bearer } = start(tokenHost({ alice: 'hunter2' }))
    const scope = 'repository:a:pull,push repository:b:pull'
    await expect(bearer({ scheme, request, scope, credential: alice })).resolves.toMatch(/^Bearer alice\|/)
    expect(net.arrived[0]?.url).toMatch(/^https:\/\/r\.test\/token\?service=s&/)
    expect(net.arrived[0]?.query.getAll('scope')).toEqual(['repository:a:pull,push', 'repository:b:pull'])
  })

  it('does not ask again with less when the token server wants fewer requests', async () => {
    const { net, bearer } = start(() => ({ status: 429 }), 'a')
    const scope = 'repository:a:pull repository:b:pull'
    await expect(bearer({ scheme, request, scope, credential: alice })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(net.arrived).toHaveLength(1)
  })
})
