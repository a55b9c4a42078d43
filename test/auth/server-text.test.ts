import { describe, expect, it } from 'vitest'
import { serverText } from '../../src/auth/server-text.ts'

describe('serverText', () => {
  it.each([
    ['{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', 'authentication required'],
    ['{"errors":[{"code":"UNAUTHORIZED"}]}', 'UNAUTHORIZED'],
    ['{"details":"incorrect username or password"}', 'incorrect username or password'],
    ['{"error":"invalid_grant","error_description":"it ended"}', 'it ended'],
    ['{"error":"invalid_grant"}', 'invalid_grant'],
    ['{"message":"no"}', 'no'],
    ['{"detail":"no"}', 'no'],
    ['"no"', 'no'],
    ['{"errors":{"a":1}}', ''],
    ['{"errors":[null]}', ''],
    ['[1,2]', ''],
    ['Too Many\r\n  Requests', 'Too Many Requests'],
    ['  <html><body>no</body></html>', ''],
    ['', ''],
  ])('%j says %j', (body, expected) => {
    expect(serverText(body)).toBe(expected)
  })

  it('T14: takes out what could steer a terminal', () => {
    expect(serverText('a\u001b[2Jb\u202ec\u009bd\u2028::set-output\u0000')).toBe('a [2Jb c d ::set-output')
  })

  it('T12: is short, whatever it was sent', () => {
    expect(serverText('no '.repeat(100_000)).length).toBeLessThan(310)
  })

  it.each([
    ['plain', 'p@ss word'],
    ['base64', Buffer.from('p@ss word').toString('base64')],
    ['base64 of URLs', Buffer.from('p@ss word').toString('base64url')],
    ['percent', encodeURIComponent('p@ss word')],
  ])('T15: does not repeat a secret: %s', (_, form) => {
    expect(serverText(`bad password ${form}!`, ['p@ss word'])).toBe('bad password ***!')
  })

  it('T15: does not repeat a secret in the quotes of JSON, or the end of one that begins like another', () => {
    expect(serverText('bad password "p\\"q"', ['p"q'])).toBe('bad password "***"')
    expect(serverText('bad password abcdef', ['abc', 'abcdef'])).toBe('bad password ***')
  })

  it('T15: hides what looks like a token', () => {
    const token = `eyJ${'a'.repeat(30)}.eyJ${'b'.repeat(30)}.${'c'.repeat(30)}`
    expect(serverText(`token ${token} ended`)).toBe('token *** ended')
  })
})
