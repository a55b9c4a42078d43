import { describe, expect, it } from 'vitest'
import {
  algorithmOf,
  type Digest,
  digestOf,
  encodedOf,
  hasherFor,
  isDigest,
  isVerifiable,
  parseDigest,
  shortDigest,
} from '../../src/model/digest.ts'
import { InvalidContentError } from '../../src/model/errors.ts'

const hex = '0123456789abcdef'.repeat(4)
const abc = Buffer.from('abc')
/** FIPS 180-2, appendix B.1. */
const sha256OfAbc: Digest = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

describe('a digest', () => {
  it.each([
    `sha256:${hex}`,
    `sha512:${hex}${hex}`,
    `sha384:${hex}${hex.slice(0, 32)}`,
    'blake3:abc',
    'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8',
    'sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564=',
    'constructor:abc',
  ])('%s is one', text => {
    expect(isDigest(text)).toBe(true)
    expect(parseDigest(text)).toBe(text)
  })

  it.each([
    '',
    'sha256',
    'sha256:',
    `:${hex}`,
    hex,
    `sha256:${hex}0`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex.slice(1)}g`,
    `sha512:${hex}`,
    `SHA256:${hex}`,
    `sha256:${hex}\n`,
    'sha256:../../x',
    'sha256:a/../b',
    '../x:abc',
    'a..b:abc',
    'a/b:abc',
    'blake3:a b',
    'blake3:a\\b',
    'blake3:a%2fb',
    `blake3:${'a'.repeat(600)}`,
    'a'.repeat(1_000_000),
    'a.'.repeat(500_000),
    undefined,
    null,
    1,
    {},
    ['sha256:x'],
  ])('T11: %.60j is none', value => {
    expect(isDigest(value)).toBe(false)
    expect(() => parseDigest(value)).toThrow(InvalidContentError)
    expect(() => parseDigest(value)).toThrow(/^.{0,200} is not a digest$/)
  })

  it('has an algorithm, an encoded part and a short form', () => {
    expect(algorithmOf(sha256OfAbc)).toBe('sha256')
    expect(encodedOf(sha256OfAbc)).toBe(sha256OfAbc.slice(7))
    expect(shortDigest(sha256OfAbc)).toBe('sha256:ba7816bf8f01')
    expect(encodedOf('multihash+base58:QmR')).toBe('QmR')
  })

  it('is of the bytes', () => {
    expect(digestOf(abc)).toBe(sha256OfAbc)
    expect(digestOf(abc, 'sha512')).toMatch(/^sha512:ddaf35a193617aba[0-9a-f]{112}$/)
    expect(digestOf(abc, 'sha384')).toMatch(/^sha384:cb00753f45a35e8b[0-9a-f]{80}$/)
    expect(hasherFor(sha256OfAbc).update(abc).digest('hex')).toBe(encodedOf(sha256OfAbc))
  })

  it.each<Digest>(['blake3:abc', 'md5:900150983cd24fb0d6963f7d28e17f72', 'constructor:abc', 'sha1:abc'])(
    'T11: content under %s cannot be verified, and is not trusted',
    digest => {
      expect(isVerifiable(digest)).toBe(false)
      expect(() => hasherFor(digest)).toThrow(InvalidContentError)
    },
  )

  it('can verify the algorithms it computes', () => {
    expect((['sha256', 'sha384', 'sha512'] as const).every(name => isVerifiable(digestOf(abc, name)))).toBe(true)
  })
})
