import { describe, expect, it } from 'vitest'
import { ChunkReader } from '../../src/http/pump-chunks.ts'

/** Reads in pieces of so many bytes; what the body is, and how many bytes were its. `undefined`: not understood. */
function read(text: string, size: number): { body: string; taken: number; done: boolean } | undefined {
  const reader = new ChunkReader()
  const bytes = Buffer.from(text, 'latin1')
  let [body, taken] = ['', 0]
  for (let at = 0; at < bytes.length && !reader.isDone; at += size) {
    const used = reader.read(bytes.subarray(at, at + size), data => {
      body += data.toString('latin1')
    })
    if (used === undefined) return undefined
    taken += used
  }
  return { body, taken, done: reader.isDone }
}

const sizes = [1, 2, 3, 7, 10_000]

describe('a body in chunks', () => {
  it.each([
    ['of one', '3\r\nabc\r\n0\r\n\r\n', 'abc'],
    [
      'of several, in any letters',
      'A\r\n0123456789\r\n0b\r\n\r\n0\r\n\r\n1\r\n2\r\n0\r\n\r\n',
      '0123456789\r\n0\r\n\r\n1\r\n2',
    ],
    ['of nothing', '0\r\n\r\n', ''],
    ['with trailers, which are passed over', '1\r\nx\r\n00\r\nX-Sum: 1\r\nY:\r\n\r\n', 'x'],
  ])('%s', (_, text, body) => {
    for (const size of sizes) expect(read(text, size)).toEqual({ body, taken: text.length, done: true })
  })

  it('ends where it ends: what follows is not its', () => {
    const text = '1\r\nx\r\n0\r\n\r\n'
    for (const size of sizes)
      expect(read(`${text}HTTP/1.1 200 OK`, size)).toEqual({ body: 'x', taken: text.length, done: true })
  })

  it('that breaks off is not done', () => {
    for (const end of [1, 4, 6, 8, 10])
      expect(read('1\r\nx\r\n0\r\n\r\n'.slice(0, end), 1)).toMatchObject({ done: false })
  })
})

describe('smuggling: is none', () => {
  it.each([
    ['an extension', '3;a=b\r\nabc\r\n0\r\n\r\n'],
    ['a space before or behind the size', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a prefix', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['no size', '\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond any', 'fffffffffffff\r\nabc'],
    ['a bare line feed behind the size', '3\nabc\r\n0\r\n\r\n'],
    ['a bare carriage return', '3\r\r\nabc\r\n0\r\n\r\n'],
    ['more than the size says', '3\r\nabcd\r\n0\r\n\r\n'],
    ['less', '3\r\nab\r\n0\r\n\r\n'],
    ['a bare line feed behind the data', '3\r\nabc\n0\r\n\r\n'],
    ['a folded trailer', '0\r\nX: a\r\n b\r\n\r\n'],
    ['a trailer that is no header', '0\r\nnonsense\r\n\r\n'],
    ['T12: a size line without end', '0'.repeat(5000)],
    ['T12: trailers without end', `0\r\n${'X: y\r\n'.repeat(2000)}\r\n`],
  ])('%s', (_, text) => {
    for (const size of sizes) expect(read(text, size)).toBeUndefined()
  })
})
