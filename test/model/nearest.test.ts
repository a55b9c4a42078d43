import { describe, expect, it } from 'vitest'
import { listSome, nearest, nearestTags } from '../../src/model/nearest.ts'

const names = ['copy', 'tags', 'tag', 'inspect', 'login', 'logout', 'manifest get']

describe('nearest', () => {
  it.each([
    ['cpoy', ['copy']],
    ['copi', ['copy']],
    ['tgas', ['tags']],
    ['insepct', ['inspect']],
    ['manifest gte', ['manifest get']],
    ['logni', ['login']],
    ['frobnicate', []],
    ['x', []],
    ['', []],
  ])('%j could have been %j', (word, meant) => expect(nearest(word, names)).toEqual(meant))

  it('passes over a name of a megabyte', () => expect(nearest('copy', ['c'.repeat(1 << 20)])).toEqual([]))
})

describe('nearestTags', () => {
  it.each([
    ['1.0', ['1.0.0', '2.0.0'], ['1.0.0']],
    ['1.0.0', ['1.0', '2.5'], ['1.0']],
    ['v2', ['v2-alpine', 'v12.1'], ['v2-alpine']],
    ['v2.1', ['v2.1rc1', 'v3.0.1'], ['v2.1rc1']],
    ['1.27.11-slim', ['1.27.4', '2.0.0', '1.9'], ['1.27.4', '1.9']],
    ['1.1', ['1.1.0', '1.2', '1'], ['1.2', '1', '1.1.0']],
    ['latest', ['main', '1.0'], []],
    ['', ['main'], []],
  ])('%j could have been of %j: %j', (word, tags, meant) => expect(nearestTags(word, tags, 3)).toEqual(meant))
})

it('lists some, and counts the rest', () => {
  expect(listSome(['a', 'b', 'c'])).toBe('a, b, c')
  expect(listSome(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more')
})
