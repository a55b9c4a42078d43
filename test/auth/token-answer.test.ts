import { describe, expect, it } from 'vitest'
import { parseTokenAnswer } from '../../src/auth/token-answer.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const parse = (answer: unknown) => parseTokenAnswer(typeof answer === 'string' ? answer : JSON.stringify(answer), now)
const secondsLeft = (answer: object) => (parse({ token: 't', ...answer }).expiresAt - now) / 1000

describe('parseTokenAnswer', () => {
  it.each([
    [{ token: 'a.b.c' }, 'a.b.c'],
    [{ access_token: 'a' }, 'a'],
    [{ token: 'a', access_token: 'a' }, 'a'],
    [{ token: '', access_token: 'a' }, 'a'],
    [{ token: null, access_token: 'a' }, 'a'],
    [{ token: 'opaque/+=' }, 'opaque/+='],
  ])('%j', (answer, value) => {
    expect(parse(answer).value).toBe(value)
  })

  it.each<[string, object, number]>([
    ['60 s when nothing is said', {}, 50],
    ['never under 60 s', { expires_in: 5 }, 50],
    ['as said', { expires_in: 300 }, 290],
    ['a number as text', { expires_in: '300' }, 290],
    ['nonsense counts as 60 s', { expires_in: 'soon' }, 50],
    ['null counts as 60 s', { expires_in: null, issued_at: null }, 50],
    ['from when it was issued', { expires_in: 300, issued_at: '2026-01-02T03:03:05Z' }, 230],
    ['their clock is behind: from arrival', { expires_in: 300, issued_at: '2025-01-01T00:00:00Z' }, 290],
    ['their clock is ahead: from arrival', { expires_in: 300, issued_at: '2027-01-01T00:00:00Z' }, 290],
    ['Go’s zero time', { expires_in: 300, issued_at: '0001-01-01T00:00:00Z' }, 290],
    ['no date at all', { expires_in: 300, issued_at: 'yesterday' }, 290],
  ])('ends early enough: %s', (_, answer, seconds) => {
    expect(secondsLeft(answer)).toBe(seconds)
  })

  it('hands an identity token on', () => {
    expect(parse({ token: 't', refresh_token: 'r' }).refreshToken).toBe('r')
    expect(parse({ token: 't', refresh_token: '' })).not.toHaveProperty('refreshToken')
  })

  it.each<[string, unknown]>([
    ['it is not JSON', '<html>secret-canary'],
    ['it is not an object', '["secret-canary"]'],
    ['it holds no token', { id_token: 'secret-canary' }],
    ['its token is not text', { token: { canary: 'secret-canary' } }],
    ['token and access_token differ', { token: 'secret-canary', access_token: 'b' }],
    ['an access token is not plain text', { token: 'secret-canary\r\nX-Evil: 1' }],
    ['an access token is not plain text', { token: 'secret-canary é' }],
    ['an access token is not plain text', { token: 'secret-canary', refresh_token: 'a\nb' }],
    ['an access token is longer than 16 KiB', { token: 'secret-canary'.repeat(2000) }],
  ])('T15: refuses and shows nothing: %s', (reason, answer) => {
    expect(() => parse(answer)).toThrow(new RegExp(`^${reason}$`))
  })
})
