import { expect, it } from 'vitest'
import { parseByteRate, parseFrequency, parseSeconds } from '../../src/model/quantity.ts'

it.each([
  ['500', 500],
  ['500k', 500_000],
  ['500K', 500_000],
  ['500kB/s', 500_000],
  ['2M', 2_000_000],
  ['1.5M', 1_500_000],
  ['2 MB', 2_000_000],
  ['1G', 1_000_000_000],
  ['1KiB', 1024],
  ['10MiB', 10_485_760],
  ['10Mi', 10_485_760],
  ['10 MiB/s', 10_485_760],
  ['1GiB', 1_073_741_824],
])('%s are %i bytes a second', (text, bytes) => expect(parseByteRate(text)).toBe(bytes))

it.each([
  '',
  '0',
  '-5',
  'fast',
  '1e6',
  '0x10',
  '5T',
  '5 5',
  '.5',
  '5.',
  'k',
  '0.2',
  'NaN',
  'Infinity',
  '9'.repeat(400),
])('%j is no rate', text => expect(() => parseByteRate(text)).toThrow(expect.objectContaining({ code: 'USAGE' })))

it.each([
  ['30', 30],
  ['0.5', 0.5],
  ['86400', 86_400],
])('%s are %d seconds', (text, seconds) => expect(parseSeconds(text)).toBe(seconds))

it.each(['', '0', '0.0', '-1', '86401', '1m', '30s', '1e3', 'NaN', ' 5'])('%j are no seconds', text =>
  expect(() => parseSeconds(text)).toThrow(expect.objectContaining({ code: 'USAGE' })),
)

it.each([
  ['10', 10],
  ['0.5', 0.5],
])('%s is %d a second', (text, times) => expect(parseFrequency(text)).toBe(times))

it.each(['', '0', '-1', '0.0001', '1000000', 'often'])('%j is no number of requests', text =>
  expect(() => parseFrequency(text)).toThrow(expect.objectContaining({ code: 'USAGE' })),
)
