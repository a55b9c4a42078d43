import { describe, expect, it } from 'vitest'
import { count, known, maybeObjects, objectsIn, text, time } from '../../src/catalog/fields.ts'

describe('what an interface may say, and what is taken of it', () => {
  it.each<[unknown, string | undefined]>([
    ['a', 'a'],
    [' a ', ' a '],
    ['', undefined],
    [' \n', undefined],
    [1, undefined],
    [null, undefined],
    [['a'], undefined],
  ])('text %j: %j', (value, expected) => expect(text(value)).toBe(expected))

  it.each<[unknown, number | undefined]>([
    [0, 0],
    [7, 7],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [2 ** 53, undefined],
    [-1, undefined],
    [1.5, undefined],
    ['7', undefined],
    [null, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('T12: count %j: %j', (value, expected) => expect(count(value)).toBe(expected))

  it.each<[unknown, string | undefined]>([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'],
    ['0001-01-01T00:00:00Z', undefined],
    ['1969-12-31T23:59:59Z', undefined],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['yesterday', undefined],
    ['', undefined],
    [1_700_000_000, undefined],
  ])('time %j: %j', (value, expected) => expect(time(value)).toBe(expected))

  it.each<[unknown]>([[undefined], [null], ['a'], [{ length: 1 }]])(
    'objects in %j: none, and an error where a list is due',
    value => {
      expect(maybeObjects(value)).toEqual([])
      expect(() => objectsIn(value, 'answer')).toThrow('the answer is no list')
    },
  )

  it('objects of a list: what is none is left out', () => {
    const list = [{ a: 1 }, null, 'x', ['y'], 3, {}]
    expect(objectsIn(list, 'answer')).toEqual([{ a: 1 }, {}])
    expect(maybeObjects(list)).toEqual([{ a: 1 }, {}])
  })

  it('known: without what is undefined, with all that is empty', () =>
    expect(Object.entries(known({ a: undefined, b: null, c: 0, d: '' }))).toEqual([
      ['b', null],
      ['c', 0],
      ['d', ''],
    ]))
})
