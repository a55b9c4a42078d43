import { expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatRate, formatWhen } from '../../src/output/units.ts'

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [12.4 * 1024 ** 2, '12.4 MiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [1023.9 * 1024, '1023.9 KiB'],
  [5 * 1024 ** 3, '5.0 GiB'],
  [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

it.each([
  [0, '0.0 s'],
  [0.84, '0.8 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7380, '2 h 03 min'],
  [Number.POSITIVE_INFINITY, '?'],
])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))

it.each([
  ['2026-01-02T03:04:05.678901234Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'],
  ['yesterday', 'yesterday'],
  [undefined, ''],
  [null, ''],
])('the time %s is %s', (time, text) => expect(formatWhen(time)).toBe(text))

it('counts and rates', () => {
  expect(formatCount(1, 'layer')).toBe('1 layer')
  expect(formatCount(0, 'layer')).toBe('0 layers')
  expect(formatRate(4.2 * 1024 ** 2)).toBe('4.2 MiB/s')
  expect(formatRate(-1)).toBe('0 B/s')
})
