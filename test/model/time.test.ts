import { expect, it } from 'vitest'
import { rfc3339 } from '../../src/model/time.ts'

it.each([
  [Date.UTC(2026, 0, 2, 3, 4, 5), '2026-01-02T03:04:05Z'],
  [Date.UTC(2026, 0, 2, 3, 4, 5, 60), '2026-01-02T03:04:05.060Z'],
  [0, '1970-01-01T00:00:00Z'],
])('%d is %s', (time, expected) => expect(rfc3339(new Date(time))).toBe(expected))

it('is nothing for what is no time', () => expect(() => rfc3339(new Date(Number.NaN))).toThrow(RangeError))
