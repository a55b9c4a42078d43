import { describe, expect, it } from 'vitest'
import { formatHeader, parseHeader } from '../../src/store/tar-header.ts'
import { tarMember } from '../helpers/tar.ts'

const header = (size: Buffer) => tarMember({ name: 'x', size }).subarray(0, 512)
const hex = (text: string) => Buffer.from(text, 'hex')

describe('sizes', () => {
  it.each([
    ['octal digits', Buffer.from('00000000017\0'), 15],
    ['octal digits between spaces', Buffer.from('         17 '), 15],
    ['octal digits to the end', Buffer.from('777777777777'), 8 ** 12 - 1],
    ['nothing', Buffer.alloc(12), 0],
    ['base 256', hex('80000000000000000000000f'), 15],
    ['base 256, the largest that can be counted', hex('80000000001fffffffffffff'), Number.MAX_SAFE_INTEGER],
  ])('T8: %s are read', (_name, field, size) => {
    expect(parseHeader(header(field), 'x')?.size).toBe(size)
  })

  it.each([
    ['base 256, one more than can be counted', hex('800000000020000000000000')],
    ['base 256 with a bit in its first byte', hex('81000000000000000000000f')],
    ['below zero', hex('ffffffffffffffffffffffff')],
    ['decimal digits', Buffer.from('00000000019\0')],
    ['a sign', Buffer.from('-0000000017\0')],
    ['a NUL inside', Buffer.from('17\x0017\x0017\x0017\x00')],
    ['hexadecimal', Buffer.from('0x00000000f\0')],
  ])('T8: %s are refused', (_name, field) => {
    expect(() => parseHeader(header(field), 'x')).toThrow(/size of a member is impossible/)
  })

  it.each([0, 1, 8 ** 11 - 1, 8 ** 11, 2 ** 40])('%d is written as it is read', size => {
    expect(parseHeader(formatHeader({ name: 'x', size }), 'x')?.size).toBe(size)
  })
})

describe('checksums', () => {
  const block = tarMember({ name: 'é'.repeat(20) }).subarray(0, 512)

  it('are of unsigned bytes, or of signed ones as old systems had it', () => {
    expect(parseHeader(block, 'x')?.name.toString()).toBe('é'.repeat(20))
    const old = Buffer.from(block)
    old.write('        ', 148)
    const sum = old.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0)
    old.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    expect(parseHeader(old, 'x')?.name.toString()).toBe('é'.repeat(20))
  })

  it('that are wrong by one bit are refused', () => {
    for (const at of [0, 100, 124, 257, 511]) {
      const changed = Buffer.from(block)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => parseHeader(changed, 'x')).toThrow(/checksum/)
    }
  })
})
