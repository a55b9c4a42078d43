import { mkdtempSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isGzip, spool } from '../../src/store/archive-spool.ts'
import { randomBlob } from '../helpers/images.ts'

// Other tests keep things in the folder of all.
beforeEach(() => void vi.stubEnv('TMPDIR', mkdtempSync(join(tmpdir(), 'regctl-own-'))))
afterEach(() => void vi.unstubAllEnvs())

const { bytes } = randomBlob(300_000)
const packed = gzipSync(bytes)
const inPieces = (content: Buffer, size: number) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
    })(),
  )

describe('what comes once', () => {
  it.each<[string, () => Readable, Buffer]>([
    ['as it is', () => inPieces(bytes, 65_536), bytes],
    ['in gzip', () => inPieces(packed, 65_536), bytes],
    [
      'in gzip, of several members',
      () => inPieces(Buffer.concat([packed, packed]), 65_536),
      Buffer.concat([bytes, bytes]),
    ],
    ['in gzip whose first bytes come one by one', () => inPieces(gzipSync(Buffer.from('abc')), 1), Buffer.from('abc')],
    ['in three bytes', () => inPieces(Buffer.from('abc'), 1), Buffer.from('abc')],
    ['in no byte', () => Readable.from([]), Buffer.alloc(0)],
  ])('%s', async (_, source, expected) => {
    const file = await spool(source(), 'standard input')
    expect(file.size).toBe(expected.length)
    expect((await file.at(0, expected.length)).equals(expected)).toBe(true)
    file.close()
  })

  it.each<[string, () => Readable, string]>([
    [
      'that broke before anybody read it',
      () => new Readable({ read: () => {} }).destroy(new Error('no permission')),
      'no permission',
    ],
    [
      'that breaks in the middle',
      () => {
        let count = 0
        return new Readable({
          read() {
            if (count++ < 3) this.push(Buffer.alloc(1000))
            else this.destroy(new Error('torn'))
          },
        })
      },
      'torn',
    ],
    ['in gzip that is cut', () => inPieces(packed.subarray(0, 200_000), 65_536), 'standard input'],
    [
      'in gzip that is damaged',
      () => inPieces(Buffer.concat([packed.subarray(0, 10), bytes]), 65_536),
      'standard input',
    ],
    ['in another compression', () => inPieces(Buffer.from('28b52ffd00000000', 'hex'), 8), 'is compressed by zstd'],
  ])('%s is told, and nothing is left', async (_, source, sentence) => {
    await expect(spool(source(), 'standard input')).rejects.toThrow(sentence)
    expect(await readdir(tmpdir())).toEqual([])
  })

  it('ends with the signal', async () => {
    const stop = new AbortController()
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1000))
        stop.abort(new Error('enough'))
      },
    })
    await expect(spool(endless, 'standard input', { signal: stop.signal })).rejects.toThrow('enough')
    expect(endless.destroyed).toBe(true)
  })
})

it.each([
  ['1f8b0800', true],
  ['1f8b', true],
  ['1f', false],
  ['', false],
  ['6f63692d', false],
])('begins with %s: gzip %s', (hex, expected) => expect(isGzip(Buffer.from(hex, 'hex'), 'a')).toBe(expected))
