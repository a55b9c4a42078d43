import { expect, it } from 'vitest'
import { cutToWidth, displayWidth } from '../../src/output/width.ts'

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
