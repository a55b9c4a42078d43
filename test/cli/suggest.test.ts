import { expect, it } from 'vitest'
import { closest } from '../../src/cli/suggest.ts'

const names = ['copy', 'tags', 'tag', 'inspect', 'login', 'logout', 'manifest get']

it.each([
  ['cpoy', 'copy'],
  ['copi', 'copy'],
  ['tgas', 'tags'],
  ['insepct', 'inspect'],
  ['manifest gte', 'manifest get'],
  ['logni', 'login'],
  ['frobnicate', undefined],
  ['x', undefined],
  ['', undefined],
])('%j could have been %s', (word, meant) => expect(closest(word, names)).toBe(meant))
