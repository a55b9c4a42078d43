import { expect, it } from 'vitest'
import { cutToWidth, displayWidth, wrapToWidth } from '../../src/output/width.ts'

it.each([
  ['abc', 3],
  ['', 0],
  ['新しい', 6],
  ['e\u0301', 1],
  ['🚀', 2],
])('%s takes %d columns', (text, width) => expect(displayWidth(text)).toBe(width))

it.each([
  ['abcdef', 6, true, 'abcdef'],
  ['abcdefg', 6, true, 'abcde…'],
  ['abcdefg', 6, false, 'abc...'],
  ['新しい', 5, true, '新し…'],
  ['新しい', 4, true, '新…'],
])('%s in %d columns (unicode: %s) is %s', (text, width, unicode, cut) => {
  expect(cutToWidth(text, width, { unicode })).toBe(cut)
})

it.each<[string, number, string[]]>([
  ['linux/amd64, linux/arm64/v8', 30, ['linux/amd64, linux/arm64/v8']],
  ['linux/amd64, linux/arm64/v8', 16, ['linux/amd64,', 'linux/arm64/v8']],
  ['linux/amd64, linux/arm64/v8', 12, ['linux/amd64,', 'linux/arm64/', 'v8']],
  ['a linux/arm64/v8 b', 12, ['a', 'linux/arm64/', 'v8 b']],
  ['oci-archive:app.tar', 8, ['oci-', 'archive:', 'app.tar']],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['新しい', 4, ['新し', 'い']],
  ['新', 1, ['新']],
  ['', 4, ['']],
])('%s in lines of %d columns is %j', (text, width, lines) => {
  expect(wrapToWidth(text, width)).toEqual(lines)
})

it('wraps what is megabytes long, and loses nothing', () => {
  const text = 'x'.repeat(1e6)
  expect(wrapToWidth(text, 8).join('')).toBe(text)
})
