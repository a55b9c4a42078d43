import { describe, expect, it } from 'vitest'
import { basicHeader, bearerHeader, checkTokenText, identityOf, secretsOf } from '../../src/auth/credential.ts'
import type { Credential } from '../../src/credentials/credentials.ts'

const password = (username: string, secret: string): Credential => ({ kind: 'password', username, password: secret })

describe('basicHeader', () => {
  it.each([
    ['robot$project+name', 'pw', 'robot$project+name:pw'],
    ['_json_key', '{\n"a": ":"}', '_json_key:{\n"a": ":"}'],
    ['jürgen', 'größe', 'jürgen:größe'],
  ])('%s', (username, secret, decoded) => {
    const header = basicHeader(password(username, secret)) ?? ''
    expect(Buffer.from(header.replace('Basic ', ''), 'base64').toString()).toBe(decoded)
  })

  it('has nothing to say for tokens or nobody', () => {
    expect(basicHeader({ kind: 'identity', token: 't' })).toBeUndefined()
    expect(basicHeader(undefined)).toBeUndefined()
  })
})

describe('tokens', () => {
  it.each([['a\r\nb'], ['a b'], [''], ['a\0'], ['é'], ['x'.repeat(16 * 1024 + 1)]])('refuses %j', token => {
    expect(() => checkTokenText(token)).toThrow(expect.objectContaining({ code: 'SERVER_FAILED' }))
    expect(() => bearerHeader(token)).toThrow(expect.objectContaining({ code: 'SERVER_FAILED' }))
  })

  it('takes 16 KiB', () => {
    expect(bearerHeader('x'.repeat(16 * 1024))).toHaveLength(7 + 16 * 1024)
  })
})

describe('identityOf', () => {
  it('T19: tells identities apart', () => {
    const all = [
      undefined,
      password('a', 'b'),
      password('a', 'c'),
      password('ab', ''),
      { kind: 'identity', token: 'b' } as const,
      { kind: 'registry', token: 'b' } as const,
    ].map(identityOf)
    expect(new Set(all).size).toBe(all.length)
    expect(identityOf(password('a', 'b'))).toBe(identityOf(password('a', 'b')))
  })

  it('T19: gives nothing away', () => {
    expect(identityOf(password('someone', 'hunter2'))).toMatch(/^[0-9a-f]{64}$/)
  })
})

it('secretsOf names what must not be shown', () => {
  expect(secretsOf(password('a', 'b'))).toEqual(['b', 'a:b'])
  expect(secretsOf({ kind: 'identity', token: 't' })).toEqual(['t'])
  expect(secretsOf(undefined)).toEqual([])
})
