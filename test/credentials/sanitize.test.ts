import { expect, it } from 'vitest'
import { sanitize } from '../../src/credentials/sanitize.ts'

it.each([
  ['plain text', 'cannot open keyring', 'cannot open keyring'],
  ['T21: ANSI and control characters', '\u001b[31mred\u0007\r\nnext', '\\u001b[31mred\\u0007\\u000d\\u000anext'],
  ['T21: direction overrides', 'a\u202Eb', 'a\\u202eb'],
  ['a known secret', 'bad: canary canary', 'bad: *** ***'],
  ['a known secret in other clothes', `ca%20nary ${btoa('ca nary')}`, '*** ***'],
  ['a known secret in the base64 of URLs', Buffer.from('>>>???').toString('base64url'), '***'],
  ['a known secret in JSON', '"p\\"q"', '"***"'],
  ['Bearer', 'Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['a field', '{"access_token": "abc", "x": 1}', '{"access_token": "***", "x": 1}'],
  ['an assignment', 'AWS_SECRET=abc password: xyz', 'AWS_SECRET=*** password: ***'],
])('%s', (_, text, shown) => {
  expect(sanitize(text, ['', 'canary', 'ca nary', 'p"q', '>>>???'])).toBe(shown)
})

it('T15: of two secrets the longer is starred first, so that no end of it stays', () => {
  expect(sanitize('abcdef', ['abc', 'abcdef'])).toBe('***')
})

it('is cut, and a megabyte is no trouble', () => {
  expect(sanitize('x'.repeat(1_000_000)).length).toBe(401)
})
