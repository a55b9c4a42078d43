import { expect, it } from 'vitest'
import { readClaims } from '../../src/doctor/claims.ts'

const token = (payload: unknown) =>
  ['{}', JSON.stringify(payload), 'x'].map(part => Buffer.from(part).toString('base64url')).join('.')
const pull = { type: 'repository', name: 'a/b', actions: ['pull', 'push'] }

it.each([
  [
    'what distribution grants',
    token({ access: [pull], exp: 0, sub: 'ada' }),
    { granted: ['repository:a/b:pull,push'], expires: '1970-01-01T00:00:00Z', subject: 'ada' },
  ],
  ['nothing', token({ access: [], exp: 1e300 }), { granted: [], expires: 'never' }],
  ['without a list', token({ aud: 'x' }), {}],
  [
    'a hostile list',
    token({ access: [7, null, { type: {}, actions: 'pull' }], exp: 'soon', sub: '' }),
    { granted: ['[object Object]:undefined:'] },
  ],
  ['opaque', 'djE6dGVhbS9hcHA6', undefined],
  ['three parts of nothing', 'a.b.c', undefined],
  ['a list for a payload', token([1]), undefined],
])('%s', (_what, text, expected) => {
  expect(readClaims(text)).toEqual(expected)
})

it('T12: is bounded', () => {
  const claims = readClaims(
    token({ access: Array.from({ length: 1000 }, () => ({ ...pull, name: 'a'.repeat(1000) })) }),
  )
  expect(claims?.granted).toHaveLength(20)
  expect(claims?.granted?.[0]).toHaveLength(300)
})
