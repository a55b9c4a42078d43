import { describe, expect, it } from 'vitest'
import { descriptorOf, isObject, parseDescriptor, stringMap } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { InvalidContentError } from '../../src/model/errors.ts'

const bytes = Buffer.from('abc')
const digest = digestOf(bytes)
const least = { mediaType: 'text/plain', digest, size: 3 }

describe('parseDescriptor', () => {
  it.each([
    ['the least', {}],
    ['no bytes at all', { size: 0 }],
    ['many bytes', { size: Number.MAX_SAFE_INTEGER }],
    ['urls', { urls: ['https://a', 'https://b'] }],
    ['annotations', { annotations: { a: 'b', '': '' } }],
    ['data and artifactType', { data: 'YWJj', artifactType: 'a/b' }],
    ['a platform', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
    [
      'Windows',
      { platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0', 'os.features': ['win32k'] } },
    ],
  ])('reads %s', (_, more) => {
    const parsed = parseDescriptor({ ...least, ...more }, 'it')
    expect(parsed.annotations ? { ...parsed, annotations: { ...parsed.annotations } } : parsed).toEqual({
      ...least,
      ...more,
    })
  })

  it('leaves out null and unknown fields', () => {
    const nulls = { urls: null, annotations: null, data: null, artifactType: null, platform: null, other: 1 }
    expect(parseDescriptor({ ...least, ...nulls }, 'it')).toEqual(least)
  })

  it('fills what a platform leaves out', () => {
    const platform = { os: null, variant: '', features: ['x'] }
    expect(parseDescriptor({ ...least, platform }, 'it').platform).toEqual({ os: '', architecture: '' })
  })

  it.each([
    ['nothing', undefined, 'it is not a descriptor'],
    ['null', null, 'it is not a descriptor'],
    ['a list', [least], 'it is not a descriptor'],
    ['no media type', { ...least, mediaType: undefined }, 'it has no mediaType'],
    ['an empty media type', { ...least, mediaType: '' }, 'it has no mediaType'],
    ['no digest', { ...least, digest: undefined }, 'it: nothing is not a digest'],
    ['a digest that climbs', { ...least, digest: 'sha256:a/../b' }, 'it: "sha256:a/../b" is not a digest'],
    ['no size', { ...least, size: undefined }, 'it has an impossible size'],
    ['urls that are none', { ...least, urls: ['a', 1] }, 'it.urls is not a list of strings'],
    ['a url that is no list', { ...least, urls: 'a' }, 'it.urls is not a list of strings'],
    ['annotations in a list', { ...least, annotations: ['a'] }, 'it.annotations is not an object'],
    ['an annotation of numbers', { ...least, annotations: { a: 1 } }, 'it.annotations["a"] is not a string'],
    ['data of bytes', { ...least, data: [1] }, 'it.data is not a string'],
    ['an artifactType that is none', { ...least, artifactType: {} }, 'it.artifactType is not a string'],
    ['a platform that is a word', { ...least, platform: 'linux' }, 'it.platform is not an object'],
    ['an os that is none', { ...least, platform: { os: 1 } }, 'it.platform.os is not a string'],
    [
      'features that are none',
      { ...least, platform: { 'os.features': {} } },
      'it.platform.os.features is not a list of strings',
    ],
  ])('T11: refuses %s', (_, value, message) => {
    expect(() => parseDescriptor(value, 'it')).toThrow(new InvalidContentError(message))
  })

  it.each([-1, 1.5, 2 ** 53, 2 ** 62, Number.NaN, Number.POSITIVE_INFINITY, '3', 3n, null])(
    'T12: refuses a size of %s',
    size => {
      expect(() => parseDescriptor({ ...least, size }, 'it')).toThrow('it has an impossible size')
    },
  )

  it('T26: says little of a long text', () => {
    const told = (() => {
      try {
        return parseDescriptor({ ...least, digest: 'x'.repeat(1_000_000) }, 'it').digest
      } catch (error) {
        return String(error)
      }
    })()
    expect(told.length).toBeLessThan(300)
  })
})

it('T26: an annotation __proto__ is only a key', () => {
  const map = stringMap(JSON.parse('{"__proto__":"x","constructor":"y"}'), 'it')
  expect(Object.entries(map ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  expect(Object.getPrototypeOf(map)).toBeNull()
  expect(stringMap(undefined, 'it')).toBeUndefined()
})

it('describes bytes', () => {
  expect(descriptorOf(bytes, 'text/plain')).toEqual(least)
})

it.each([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  ['a', false],
])('isObject: %#', (value, answer) => {
  expect(isObject(value)).toBe(answer)
})
