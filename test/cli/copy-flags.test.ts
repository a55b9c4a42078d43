import { describe, expect, it } from 'vitest'
import { checkRepositories, tagSelection } from '../../src/cli/copy-flags.ts'

it.each<[string, object, object | undefined]>([
  ['none', {}, undefined],
  ['all', { 'all-tags': true }, { sort: 'semver' }],
  ['not all', { 'all-tags': false }, undefined],
  ['some', { tags: ['1.*'], exclude: ['*-rc'] }, { sort: 'semver', filter: ['1.*'], exclude: ['*-rc'] }],
  ['an exception alone', { exclude: ['*-rc'] }, { sort: 'semver', exclude: ['*-rc'] }],
  ['a range', { semver: '^1' }, { sort: 'semver', semver: '^1' }],
  ['an empty range', { semver: '' }, { sort: 'semver', semver: '' }],
  ['the highest', { latest: 3 }, { sort: 'semver', latest: 3 }],
])('the tags that flags name: %s', (_, flags, expected) => expect(tagSelection(flags)).toEqual(expected))

describe('places for many tags', () => {
  it.each([
    ['ghcr.io/team/app', ['a.test/app']],
    ['nginx', ['oci:dir']],
    ['oci-archive:a.tar', ['localhost:5000/app']],
  ])('%s to %j', (source, destinations) => expect(() => checkRepositories(source, destinations)).not.toThrow())

  it.each([
    ['nginx:1', ['a.test/app'], 'REFERENCE_INVALID', ''],
    ['nginx', ['a.test/app:1'], 'REFERENCE_INVALID', ''],
    ['nginx', [`a.test/app@sha256:${'a'.repeat(64)}`], 'REFERENCE_INVALID', ''],
    ['oci:dir:v1', ['a.test/app'], 'REFERENCE_INVALID', 'oci:dir:v1 names v1'],
    ['nginx', ['oci-archive:a.tar:v1'], 'REFERENCE_INVALID', 'names v1'],
    ['nginx', ['docker-archive:a.tar'], 'REFERENCE_INVALID', 'holds images by their full names'],
    ['nginx', ['a.test/app', 'b.test/app'], 'USAGE', 'one destination at a time'],
    ['nginx', ['a.test/app', 'b.test/app:1'], 'REFERENCE_INVALID', ''],
  ])('%s to %j is %s', (source, destinations, code, sentence) =>
    expect(() => checkRepositories(source, destinations)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(sentence), hint: expect.stringMatching(/./) }),
    ),
  )
})
