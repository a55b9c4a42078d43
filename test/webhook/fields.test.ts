import { describe, expect, it } from 'vitest'
import {
  digestIn,
  fieldsOf,
  listOf,
  registryIn,
  repositoryIn,
  tagIn,
  textIn,
  timeOfSeconds,
  timeOfText,
} from '../../src/webhook/fields.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('T14: free text', () => {
  it.each<[unknown, string | null]>([
    ['admin', 'admin'],
    ['Jürgen 日本 🚢', 'Jürgen 日本 🚢'],
    ['', null],
    [null, null],
    [7, null],
    [['a'], null],
    ['a\nb', 'a\ufffdb'],
    ['\u001b[2J', '\ufffd[2J'],
    ['a\0b', 'a\ufffdb'],
    ['a\u0085b', 'a\ufffdb'],
    ['a\u2028b', 'a\ufffdb'],
    ['user\u202egnp.exe', 'user\ufffdgnp.exe'],
    ['a\u2066b\u2069', 'a\ufffdb\ufffd'],
    ['a\ud800b', 'a\ufffdb'],
    ['a\udc00b', 'a\ufffdb'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['x'.repeat(256), 'x'.repeat(255)],
    // Cut in the middle of a pair.
    [`${'x'.repeat(254)}🚢`, `${'x'.repeat(254)}\ufffd`],
  ])('%j: %j', (value, expected) => expect(textIn(value)).toBe(expected))
})

describe('T24: names go into commands', () => {
  it.each<[string, (value: unknown) => string | null, string[], unknown[]]>([
    [
      'a repository',
      repositoryIn,
      ['app', 'team/app', 'a/b-c_d.e'],
      ['App', '../x', 'a b', 'a;b', '$(id)', '-', 7, {}],
    ],
    ['a tag', tagIn, ['v1', 'Latest', '_x', '1.0-rc.1'], ['-v', '.x', 'a b', 'a:b', 'x'.repeat(129), 7, ['v1']]],
    ['a digest', digestIn, [digest], ['sha256:a', 'a', digest.toUpperCase(), 7]],
  ])('%s', (what, read, right, wrong) => {
    for (const value of right) expect(read(value)).toBe(value)
    for (const value of [undefined, null, '']) expect(read(value)).toBeNull()
    for (const value of wrong) {
      const refusal = { code: 'CONTENT_INVALID', message: expect.stringContaining(`for ${what}`) }
      expect(() => read(value), String(value)).toThrow(expect.objectContaining(refusal))
    }
  })

  it('T12: what is shown of a wrong one is short', () => {
    expect(() => tagIn(' '.repeat(1e6))).toThrow(/^the notice has .{100} for a tag$/)
  })

  it.each<[unknown, string | null]>([
    ['A.Test:5000', 'a.test:5000'],
    ['docker.io', 'docker.io'],
    ['a test', null],
    ['https://a.test', 'a.test'],
    ['a.test/app', 'a.test'],
    ['', null],
    [7, null],
    ['x'.repeat(1e6), null],
  ])('registry %j: %j', (value, expected) => expect(registryIn(value)).toBe(expected))
})

describe('times', () => {
  it.each<[unknown, string | null]>([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05Z'],
    ['2026-01-02 03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05.1Z', '2026-01-02T03:04:05.100Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'],
    ['2026-01-02T03:04:05.5+0000', '2026-01-02T03:04:05.500Z'],
    ['2026-01-02T03:04:05-1130', '2026-01-02T14:34:05Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
    ['0000-01-01T00:00:00+01:00', null],
    ['9999-12-31T23:59:59-01:00', null],
    ['2026-13-02T03:04:05Z', null],
    ['2026-01-02T25:04:05Z', null],
    ['2026-01-02T03:04:05', null],
    ['2026-01-02', null],
    ['2026-01-02T03:04:05.1234567890Z', null],
    ['x2026-01-02T03:04:05Z', null],
    ['2026-01-02T03:04:05Z\n', null],
    [1_700_000_000, null],
    [null, null],
  ])('%j: %j', (value, expected) => expect(timeOfText(value)).toBe(expected))

  it.each<[unknown, string | null]>([
    [1_700_000_000, '2023-11-14T22:13:20Z'],
    [1_700_000_000.5, '2023-11-14T22:13:20.500Z'],
    [0, '1970-01-01T00:00:00Z'],
    [253_402_300_799, '9999-12-31T23:59:59Z'],
    [253_402_300_800, null],
    [1e300, null],
    [Number.NaN, null],
    ['1700000000', null],
  ])('%j seconds: %j', (value, expected) => expect(timeOfSeconds(value)).toBe(expected))
})

it('what is none is empty', () => {
  expect([undefined, null, 'a', 7].map(fieldsOf)).toEqual([{}, {}, {}, {}])
  expect([undefined, null, 'a', { length: 1 }].map(listOf)).toEqual([[], [], [], []])
  const [object, list] = [{ a: 1 }, [1]]
  expect([fieldsOf(object), listOf(list)]).toEqual([object, list])
})
