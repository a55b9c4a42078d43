import { expect, it } from 'vitest'
import { wordsOf } from '../../src/catalog/words.ts'

it.each([
  ['nginx', ['nginx']],
  ['  Web \t Server\n', ['web', 'server']],
  ['x'.repeat(256), ['x'.repeat(256)]],
])('%j', (text, expected) => expect(wordsOf(text)).toEqual(expected))

it.each([
  ['', 'there is no word'],
  [' \t', 'there is no word'],
  ['x'.repeat(257), 'too many words'],
])('%j is refused', (text, sentence) =>
  expect(() => wordsOf(text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(sentence) }),
  ),
)
