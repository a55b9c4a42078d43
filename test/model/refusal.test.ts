import { describe, expect, it } from 'vitest'
import { refuser, refuseTraps, shown } from '../../src/model/refusal.ts'

const hex = 'a'.repeat(64)

describe('T16: a text in an error', () => {
  it.each([
    ['nginx:1.27', '"nginx:1.27"'],
    ['user:password@host/app', '"…@host/app"'],
    ['user:p@ss@host/app', '"…@host/app"'],
    ['host/app?token=secret', '"host/app…"'],
    ['host/app#secret', '"host/app…"'],
    ['host/app?a\nsecret', '"host/app…"'],
    [`app@sha256:${hex}`, `"app@sha256:${hex}"`],
    [`user:password@host/app@sha256:${hex}`, `"…@host/app@sha256:${hex}"`],
    ['user:password@', '"…@"'],
    // Cut short, a digest is what somebody wants to see.
    ['app@sha256:short', '"app@sha256:short"'],
    ['app@blake3:zz', '"…@blake3:zz"'],
    ['line\nbreak\u001b[0m', JSON.stringify('line\nbreak\u001b[0m')],
    ['x'.repeat(200), `"${'x'.repeat(200)}"`],
    ['x'.repeat(201), `"${'x'.repeat(200)}…"`],
    [`${'x'.repeat(5000)}@host`, `"${'x'.repeat(200)}…"`],
  ])('%j', (text, expected) => expect(shown(text)).toBe(expected))
})

it('says what was meant, and gives a hint where there is one', () => {
  const refuse = refuser('a:b@c', 'a tag')
  expect(refuse('it is bad')).toMatchObject({
    code: 'REFERENCE_INVALID',
    message: '"…@c" is not a tag: it is bad',
  })
  expect(refuse('it is bad').hint).toBeUndefined()
  expect(refuse('it is bad', 'do better').hint).toBe('do better')
})

describe('T18: what no reference has', () => {
  const trap = (text: string) => () => refuseTraps(text, refuser(text, 'a reference'))

  it.each([
    ['', 'it is empty', undefined],
    ['x'.repeat(2049), 'it is longer than 2048 characters', undefined],
    ['https://host/app', 'it begins with https://', 'leave out https://'],
    ['OCI+x.y-z://host/app', 'it begins with OCI+x.y-z://', 'leave out OCI+x.y-z://'],
    ['host/a pp', 'a space, a line break or a control character', undefined],
    ['host/app\n', 'a space, a line break or a control character', undefined],
    ['host/app\u007f', 'a space, a line break or a control character', undefined],
    ['host/app\0', 'a space, a line break or a control character', undefined],
    ['host\\app', 'it has a "\\\\"', undefined],
    ['host/%2e%2e', 'it has a "%"', undefined],
    ['host/app?x', 'it has a "?"', undefined],
    ['host/app#x', 'it has a "#"', undefined],
    ['gһcr.io/app', 'it has characters outside ASCII', 'if you trust that host, write xn--gcr-2sd.io'],
    ['ghcr.io/äpp', 'it has characters outside ASCII', undefined],
    ['host/app\u00a0', 'it has characters outside ASCII', undefined],
  ])('%j', (text, reason, hint) => {
    let error: unknown
    try {
      trap(text)()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining(reason),
      hint,
    })
  })

  it.each(['nginx', 'x'.repeat(2048), 'host:5000/a/b:c@sha256:abc', '[::1]:5000/a', '..'])('lets %j by', text =>
    expect(trap(text)).not.toThrow(),
  )
})
