import { describe, expect, it, vi } from 'vitest'
import { createTokenCache, type TokenOwner } from '../../src/auth/token-cache.ts'

const owner: TokenOwner = { origin: 'https://r.test', realm: 'https://r.test/t', service: 's', identity: 'me' }
const a = 'repository:a:pull'
const aWrite = 'repository:a:pull,push'
const b = 'repository:b:pull'

function counting(lifetime = 1000) {
  let count = 0
  return vi.fn(async (_scopes: readonly string[], _signal: AbortSignal) => ({
    value: `token-${++count}`,
    expiresAt: lifetime,
  }))
}

describe('the token cache', () => {
  it('keeps a token until it ends', async () => {
    const cache = createTokenCache()
    const fetch = counting(1000)
    const at = (now: number) => cache.obtain({ owner, scopes: [a], now }, fetch)
    expect([await at(0), await at(999), await at(1000)]).toEqual(['token-1', 'token-1', 'token-2'])
  })

  it('asks once for a hundred', async () => {
    const cache = createTokenCache()
    const fetch = counting()
    const tokens = Array.from({ length: 100 }, () => cache.obtain({ owner, scopes: [a], now: 0 }, fetch))
    expect(new Set(await Promise.all(tokens))).toEqual(new Set(['token-1']))
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('takes a wider token for a narrower need, and asks for the union when it needs more', async () => {
    const cache = createTokenCache()
    const fetch = counting()
    const get = (...scopes: string[]) => cache.obtain({ owner, scopes, now: 0 }, fetch)
    await get(a)
    await get('repository:a:push')
    await get(a)
    await get(b, a)
    expect(fetch.mock.calls.map(([scopes]) => scopes)).toEqual([
      [a],
      ['repository:a:push,pull'],
      [b, 'repository:a:pull,push'],
    ])
  })

  it.each<[string, Partial<TokenOwner>]>([
    ['origin', { origin: 'http://r.test' }],
    ['realm', { realm: 'https://other.test/t' }],
    ['service', { service: undefined }],
    ['identity', { identity: 'you' }],
  ])('T19, CVE-2026-103868: never shares a token over another %s', async (_, other) => {
    const cache = createTokenCache()
    const fetch = counting()
    const mine = await cache.obtain({ owner, scopes: [a], now: 0 }, fetch)
    const theirs = await cache.obtain({ owner: { ...owner, ...other }, scopes: [a], now: 0 }, fetch)
    expect(theirs).not.toBe(mine)
  })

  it('keeps nothing of a failure', async () => {
    const cache = createTokenCache()
    const failing = async () => {
      throw new Error('down')
    }
    await expect(cache.obtain({ owner, scopes: [a], now: 0 }, failing)).rejects.toThrow('down')
    await expect(cache.obtain({ owner, scopes: [a], now: 0 }, counting())).resolves.toBe('token-1')
  })

  it('drops a token that is refused, and only that one, but knows what it was for', async () => {
    const cache = createTokenCache()
    const fetch = counting()
    const get = (scope: string) => cache.obtain({ owner, scopes: [scope], now: 0 }, fetch)
    await get(aWrite)
    cache.drop('token-0')
    await expect(get(a)).resolves.toBe('token-1')
    cache.drop('token-1')
    await expect(get(a)).resolves.toBe('token-2')
    expect(fetch.mock.lastCall?.[0]).toEqual([aWrite])
  })

  it('starts anew after everybody gave up', async () => {
    const cache = createTokenCache()
    const control = new AbortController()
    const hanging = (_: unknown, signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const waiting = cache.obtain({ owner, scopes: [a], now: 0 }, hanging, control.signal)
    control.abort(new Error('gone'))
    const fresh = cache.obtain({ owner, scopes: [a], now: 0 }, counting())
    await expect(waiting).rejects.toThrow('gone')
    await expect(fresh).resolves.toBe('token-1')
  })

  it('knows how a repository wants to be asked, else its origin', () => {
    const cache = createTokenCache()
    const bearer = { kind: 'bearer', realm: 'https://r.test/t', service: undefined, nearby: false } as const
    cache.learn('https://r.test', 'a', bearer)
    cache.learn('https://r.test', 'b', { ...bearer, realm: '/b' })
    expect(cache.schemeFor('https://r.test', 'a')).toEqual(bearer)
    expect(cache.schemeFor('https://r.test', 'c')).toEqual({ ...bearer, realm: '/b' })
    expect(cache.schemeFor('https://r.test:444', 'a')).toBeUndefined()
  })

  it('2.2i: does not take Basic for an answer where Bearer was asked for', () => {
    const cache = createTokenCache()
    const bearer = { kind: 'bearer', realm: '/t', service: undefined, nearby: false } as const
    cache.learn('https://r.test', 'a', { kind: 'basic' })
    cache.learn('https://r.test', 'a', bearer)
    cache.learn('https://r.test', 'a', { kind: 'basic' })
    expect(cache.schemeFor('https://r.test', 'a')).toEqual(bearer)
  })
})
