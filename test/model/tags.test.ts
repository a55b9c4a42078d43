import { describe, expect, it } from 'vitest'
import { isWanted, selectTags, type TagSelection } from '../../src/model/tags.ts'

const nginx = [
  'latest',
  '1.27',
  '1.27.0',
  '1.27.0-alpine',
  '1.27.1',
  '1.27-alpine',
  '1.26.9',
  '1.28.0-rc.1',
  'stable',
  '1',
]

describe('selectTags', () => {
  it.each<[string, readonly string[], TagSelection, readonly string[]]>([
    ['nothing asked: as they came', ['b', 'a', 'b'], {}, ['b', 'a', 'b']],
    ['a glob', nginx, { filter: ['1.27*'] }, ['1.27', '1.27.0', '1.27.0-alpine', '1.27.1', '1.27-alpine']],
    ['a glob is of the whole tag', ['a', 'ab', 'ba'], { filter: ['a'] }, ['a']],
    ['a glob knows its case', ['RC', 'rc'], { filter: ['R*'] }, ['RC']],
    ['one of several globs', ['a', 'b', 'c'], { filter: ['a', 'c'] }, ['a', 'c']],
    ['a choice', ['a1', 'b1', 'c1'], { filter: ['{a,b}?'] }, ['a1', 'b1']],
    ['a range of characters', ['v1', 'vx'], { filter: ['v[0-9]'] }, ['v1']],
    ['a star takes dots and dashes', ['a.b-c_d'], { filter: ['*'] }, ['a.b-c_d']],
    ['exclude', nginx, { exclude: ['*-*', '1.2*'] }, ['latest', 'stable', '1']],
    ['exclude wins', ['a', 'b'], { filter: ['*'], exclude: ['b'] }, ['a']],
    ['a negated glob', ['a', 'b-x'], { filter: ['!*-x'] }, ['a']],
    ['by name, by code point', ['b', 'B', '10', '9', '_'], { sort: 'name' }, ['10', '9', 'B', '_', 'b']],
    ['by name, reverse', ['b', 'c', 'a'], { sort: 'name', reverse: true }, ['c', 'b', 'a']],
    ['reverse alone', ['b', 'c', 'a'], { reverse: true }, ['a', 'c', 'b']],
    ['limit, after sorting', ['b', 'c', 'a'], { sort: 'name', limit: 2 }, ['a', 'b']],
    ['limit 0', ['a'], { limit: 0 }, []],
    [
      'by version',
      nginx,
      { sort: 'semver' },
      ['1', '1.26.9', '1.27-alpine', '1.27.0-alpine', '1.27', '1.27.0', '1.27.1', '1.28.0-rc.1', 'latest', 'stable'],
    ],
    [
      'by version, highest first, words still last',
      ['x', '1.9', '1.10', 'a'],
      { sort: 'semver', reverse: true },
      ['1.10', '1.9', 'a', 'x'],
    ],
    [
      'the three newest',
      ['1.9', 'x', '1.10', '1.11', '1.8'],
      { sort: 'semver', reverse: true, limit: 3 },
      ['1.11', '1.10', '1.9'],
    ],
    [
      'numbers in prereleases',
      ['1.0.0-rc.10', '1.0.0-rc.9', '1.0.0'],
      { sort: 'semver' },
      ['1.0.0-rc.9', '1.0.0-rc.10', '1.0.0'],
    ],
    ['a v changes nothing', ['v1.2.0', '1.1.0', 'v1.0.0'], { sort: 'semver' }, ['v1.0.0', '1.1.0', 'v1.2.0']],
    ['Ubuntu', ['24.10', '24.04', '9.04'], { sort: 'semver' }, ['9.04', '24.04', '24.10']],
  ])('%s', (_, tags, selection, expected) => {
    const given = [...tags]
    expect(selectTags(given, selection)).toEqual(expected)
    expect(given).toEqual(tags)
  })

  it.each<[string, string, readonly string[], readonly string[]]>([
    ['caret', '^1.27', nginx, ['1.27', '1.27.0', '1.27.1']],
    ['tilde', '~1.26.0', nginx, ['1.26.9']],
    ['a part alone', '1', nginx, ['1.27', '1.27.0', '1.27.1', '1.26.9', '1']],
    ['a v in range and tag', '>=v1.2 <v2', ['v1.1.9', 'v1.2', '1.3.0', 'v2', 'v3'], ['v1.2', '1.3.0']],
    ['one part', '>=3', ['v3', '2', '4', 'x'], ['v3', '4']],
    ['a choice', '1.x || 3.x', ['1.5', '2.5', '3.5'], ['1.5', '3.5']],
    ['a star', '*', ['1.0.0', 'latest', '1.0.0-rc1'], ['1.0.0']],
    ['nothing', '', ['1.0.0', 'latest'], ['1.0.0']],
    ['leading zeros', '>=22.04 <24', ['20.04', '22.04', '22.10', '24.04'], ['22.04', '22.10']],
    ['no prerelease by itself', '>=1.0.0', ['1.0.0-alpine', '1.1.0-rc.1', '1.1.0'], ['1.1.0']],
    [
      'the prerelease it names',
      '>=1.1.0-rc.1',
      ['1.1.0-rc.0', '1.1.0-rc.2', '1.2.0-rc.1', '1.1.0'],
      ['1.1.0-rc.2', '1.1.0'],
    ],
    ['a build, as Helm writes it', '^1.2.0', ['1.2.3_build.7', '1.2.3-rc.1_7'], ['1.2.3_build.7']],
    ['no date, no hash', '>=0', ['20240101', '202401', '1234567', '12345', '2024.01'], ['12345', '2024.01']],
    ['no four parts, no letters', '*', ['1.2.3.4', '1.2.3rc1', 'release-1.2.3', '1.2.x', '1.', '.1', 'v', '-1'], []],
    ['no number beyond 2^53', '*', ['1.99999999999999999999.0'], []],
  ])('semver, %s: %s', (_, semver, tags, expected) => {
    expect(selectTags(tags, { semver })).toEqual(expected)
  })

  it.each<[string, TagSelection, readonly string[]]>([
    ['the person names the suffix', { filter: ['*-alpine'], semver: '^1.27' }, ['1.27.0-alpine', '1.27-alpine']],
    ['and its numbers must still fit', { filter: ['*-alpine'], semver: '>=1.28' }, []],
    ['also a prerelease', { filter: ['*-rc*'], semver: '^1.28' }, ['1.28.0-rc.1']],
    ['a range of characters names none', { filter: ['1.2[0-9]*'], semver: '>=1.27' }, ['1.27', '1.27.0', '1.27.1']],
    ['a negation names none', { filter: ['!*-alpine'], semver: '>=1.27' }, ['1.27', '1.27.0', '1.27.1']],
    ['nor does exclude', { exclude: ['*-alpine'], semver: '>=1.27' }, ['1.27', '1.27.0', '1.27.1']],
    ['the latest of a suffix', { filter: ['*-alpine'], latest: true }, ['1.27.0-alpine']],
  ])('suffixes: %s', (_, selection, expected) => {
    expect(selectTags(nginx, selection)).toEqual(expected)
  })

  it.each<[string, readonly string[], TagSelection, readonly string[]]>([
    ['the highest release', nginx, { latest: true }, ['1.27.1']],
    ['no prerelease', ['1.0.0', '2.0.0-rc.1'], { latest: true }, ['1.0.0']],
    ['by number, not by letter', ['1.9.0', '1.10.0'], { latest: true }, ['1.10.0']],
    ['what says more', ['2', '2.0.0', '2.0'], { latest: true }, ['2.0.0']],
    ['after the filters', nginx, { latest: true, semver: '<1.27', exclude: ['1'] }, ['1.26.9']],
    ['no date', ['3.20', '20240807'], { latest: true }, ['3.20']],
    ['the newest two', nginx, { latest: 2 }, ['1.27.1', '1.27.0']],
    ['more than there are, each once', ['1', '1.0.0', '2.0'], { latest: 5 }, ['2.0', '1.0.0']],
    ['none', ['latest', 'edge', '1.0.0-rc1'], { latest: true }, []],
    ['whatever the order', ['2.0.0', '1.0.0'], { latest: true, sort: 'name', reverse: true }, ['2.0.0']],
  ])('latest: %s', (_, tags, selection, expected) => {
    expect(selectTags(tags, selection)).toEqual(expected)
  })

  it.each<[string, TagSelection, RegExp]>([
    ['an open bracket', { filter: ['[a'] }, /"\[a" is not a pattern/],
    ['an open brace', { exclude: ['{a,b'] }, /not a pattern/],
    ['an empty glob', { filter: [''] }, /not a pattern/],
    ['a glob that is too long', { filter: ['*'.repeat(100_000)] }, /not a pattern/],
    ['a range that is none', { semver: 'newest' }, /"newest" is not a range/],
    ['a range that is too long', { semver: '1 || '.repeat(100_000) }, /not a range/],
    ['a limit below zero', { limit: -1 }, /-1 is not a number of tags/],
    ['a limit that is no number', { limit: Number.NaN }, /not a number of tags/],
  ])('refuses %s', (_, selection, message) => {
    expect(() => selectTags(['a'], selection)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => selectTags(['a'], selection)).toThrow(message)
  })
})

describe('isWanted', () => {
  it('tells tag by tag what selectTags takes', () => {
    const selection = { filter: ['1.2*'], exclude: ['*-*'], semver: '>=1.27' }
    expect(nginx.filter(isWanted(selection))).toEqual(selectTags(nginx, selection))
    expect(nginx.filter(isWanted({}))).toEqual(nginx)
  })

  it.each(['1', 'a', '-', '.', '1.', '1-a.'])('T26: a megabyte of %j is no tag', piece => {
    const long = piece.repeat(1_000_000 / piece.length)
    for (const selection of [{ filter: ['*'] }, { exclude: ['x'] }, { semver: '*' }]) {
      expect(isWanted(selection)(long)).toBe(false)
    }
    expect(selectTags([long], { sort: 'semver' })).toEqual([long])
    expect(selectTags([long], { latest: true })).toEqual([])
  })

  it('T12: sorts and filters 10 000 tags', () => {
    const tags = Array.from({ length: 10_000 }, (_, at) => `v${at % 7}.${at % 100}.${at}`)
    const sorted = selectTags(tags, { sort: 'semver', semver: '>=1.5 <6', filter: ['v*'], exclude: ['*.13'] })
    expect(sorted.length).toBeGreaterThan(5000)
    expect(selectTags(tags, { latest: true })).toEqual(['v6.99.9799'])
  })
})
