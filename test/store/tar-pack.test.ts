import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type NewFile, packTar } from '../../src/store/tar-pack.ts'
import { pax, tar } from '../helpers/tar.ts'

async function packed(files: NewFile[]): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of packTar(files)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
const opening = (...chunks: string[]) => ({
  open: async () => Readable.from(chunks.map(chunk => Buffer.from(chunk))),
})

/** Name and content of each member, read by the fields of the format. */
function members(bytes: Buffer): [name: string, content: string][] {
  const found: [string, string][] = []
  for (let at = 0; bytes[at] !== 0 && at < bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 100).replace(/\0.*/s, '')
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8)
    found.push([name, bytes.toString('latin1', at + 512, at + 512 + size)])
    at += 512 + 512 * Math.ceil(size / 512)
  }
  return found
}

it.each<[string, NewFile[], [string, string][]]>([
  ['bytes', [{ name: 'a', size: 3, bytes: Buffer.from('abc') }], [['a', 'abc']]],
  ['a body in chunks', [{ name: 'a', size: 5, ...opening('ab', 'cde') }], [['a', 'abcde']]],
  ['a folder', [{ name: 'blobs/', size: 0 }], [['blobs/', '']]],
  ['nothing in a file', [{ name: 'a', size: 0, ...opening() }], [['a', '']]],
  [
    'one full block, and what follows',
    [
      { name: 'a', size: 512, bytes: Buffer.alloc(512, 'x') },
      { name: 'b', size: 513, bytes: Buffer.alloc(513, 'y') },
      { name: 'c', size: 1, bytes: Buffer.from('z') },
    ],
    [
      ['a', 'x'.repeat(512)],
      ['b', 'y'.repeat(513)],
      ['c', 'z'],
    ],
  ],
  ['a name that just fits', [{ name: 'n'.repeat(100), size: 1, bytes: Buffer.from('x') }], [['n'.repeat(100), 'x']]],
])('%s', async (_, files, expected) => {
  const bytes = await packed(files)
  expect(members(bytes)).toEqual(expected)
  expect(bytes.length % 512).toBe(0)
  expect(bytes.subarray(-1024).equals(Buffer.alloc(1024))).toBe(true)
  expect(
    await packed(files.map(file => (file.open ? { ...file, ...opening(...expected.map(([, text]) => text)) } : file))),
  ).toEqual(bytes)
})

it.each([101, 137, 980, 990, 995, 1200])(
  'a name of %i characters stands in a pax header of the right length',
  async length => {
    const name = `blobs/sha512/${'a'.repeat(length - 13)}`
    const bytes = await packed([{ name, size: 1, bytes: Buffer.from('x') }])
    const wanted = tar([pax({ path: name })])
    const [header, file] = members(bytes)
    expect(header?.[1]).toBe(members(wanted)[0]?.[1])
    expect(file).toEqual([name.slice(0, 100), 'x'])
  },
)

describe('T11: content that is not as long as was said', () => {
  it.each([
    ['shorter', ['ab']],
    ['longer', ['abcd']],
    ['longer by a chunk', ['abc', 'd']],
    ['empty', []],
  ])('%s', async (_, chunks) => {
    const parts: Buffer[] = []
    const packing = async () => {
      for await (const part of packTar([{ name: 'blob', size: 3, ...opening(...chunks) }]))
        parts.push(Buffer.from(part))
    }
    await expect(packing()).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
      message: 'blob has not got its 3 bytes any more',
    })
    // A longer chunk is not let through at all.
    expect(Buffer.concat(parts).length).toBeLessThanOrEqual(512 + 3)
  })
})
