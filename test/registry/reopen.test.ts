import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'
import { type Reading, reopening, skip } from '../../src/registry/reopen.ts'

const content = Buffer.from('0123456789')
const broken = (code: ErrorCode = 'UNREACHABLE') => new RegctlError(code, 'it broke')

/** Opens bodies of two bytes a chunk; the nth breaks after so many bytes, and those behind the list give all. */
function source(breaks: number[], error = broken()) {
  const opened: number[] = []
  async function open(from: number) {
    const length = breaks[opened.length]
    opened.push(from)
    return Readable.from(
      (async function* () {
        const end = length === undefined ? content.length : from + length
        for (let at = from; at < end; at += 2) yield content.subarray(at, Math.min(at + 2, end))
        if (length !== undefined) throw error
      })(),
    )
  }
  return { open, opened, error }
}

async function read(reading: Reading): Promise<string> {
  let text = ''
  for await (const chunk of reopening(reading)) text += chunk
  return text
}

describe('item 18: a body that breaks', () => {
  it.each<[string, number[], number[]]>([
    ['does not', [], [0]],
    ['in the middle', [4], [0, 4]],
    ['between two chunks, and again', [3, 3], [0, 3, 6]],
    ['at once, twice', [0, 0], [0, 0, 0]],
    ['at once, after each bit of progress', [2, 0, 0, 2, 0, 0], [0, 2, 2, 2, 4, 4, 4]],
    ['behind its last byte', [10], [0, 10]],
  ])('%s', async (_, breaks, expected) => {
    const { open, opened } = source(breaks)
    expect(await read({ open, from: 0 })).toBe('0123456789')
    expect(opened).toEqual(expected)
  })

  it('three times without a byte is given up', async () => {
    const { open, opened, error } = source([4, 0, 0, 0, 0])
    await expect(read({ open, from: 0 })).rejects.toBe(error)
    expect(opened).toEqual([0, 4, 4, 4])
  })

  it('because it stalled is opened again', async () => {
    const { open, opened } = source([4], broken('STALLED'))
    expect(await read({ open, from: 0 })).toBe('0123456789')
    expect(opened).toEqual([0, 4])
  })

  it.each<[string, Error]>([
    ['another error of ours', broken('NOT_FOUND')],
    ['a refusal', broken('REFUSED')],
    ['a defect', new TypeError('x')],
  ])('with %s is not', async (_, error) => {
    const opened: number[] = []
    const open = async (from: number) => {
      opened.push(from)
      return new Readable({ read: () => {} }).destroy(error)
    }
    await expect(read({ open, from: 0 })).rejects.toBe(error)
    expect(opened).toEqual([0])
  })

  it('that cannot be opened again tells why', async () => {
    const { open } = source([4])
    const gone = broken('NOT_FOUND')
    const once = async (from: number) => {
      if (from > 0) throw gone
      return open(from)
    }
    await expect(read({ open: once, from: 0 })).rejects.toBe(gone)
  })
})

describe('from and until', () => {
  it.each<[number, number | undefined, string]>([
    [3, undefined, '3456789'],
    [3, 7, '3456'],
    [3, 8, '34567'],
    [0, 10, '0123456789'],
    [10, undefined, ''],
  ])('%i to %s: %s', async (from, until, expected) => {
    const { open } = source([])
    expect(await read({ open, from, ...(until !== undefined && { until: () => until }) })).toBe(expected)
  })

  it('an end that comes nearer on the way is kept to, also after a break', async () => {
    const { open, opened } = source([4])
    let end = 10
    let text = ''
    for await (const chunk of reopening({ open, from: 0, until: () => end })) {
      text += chunk
      end = 7
    }
    expect([text, opened]).toEqual(['0123456', [0, 4]])
  })

  it('nothing is taken beyond the end, and the body is closed', async () => {
    let taken = 0
    const endless = new Readable({
      highWaterMark: 2,
      read() {
        taken += 2
        this.push(Buffer.from('xx'))
      },
    })
    expect(await read({ open: async () => endless, from: 0, until: () => 4 })).toBe('xxxx')
    expect(endless.destroyed).toBe(true)
    expect(taken).toBeLessThan(20)
  })

  it('an end that came to lie behind us, while we waited, gives nothing more', async () => {
    let end = 10
    const open = async () =>
      Readable.from(
        (function* () {
          yield content.subarray(0, 4)
          end = 3
          yield content.subarray(4)
        })(),
      )
    expect(await read({ open, from: 0, until: () => end })).toBe('0123')
  })

  it('takes the body that is open already', async () => {
    const { open, opened } = source([4])
    const first = await open(0)
    expect(await read({ open, from: 0, first })).toBe('0123456789')
    expect(opened).toEqual([0, 4])
  })
})

it.each([
  [0, '0123456789'],
  [1, '123456789'],
  [4, '456789'],
  [9, '9'],
  [10, ''],
  [99, ''],
])('skip %i: %j', async (bytes, expected) => {
  const { open } = source([])
  const chunks: Buffer[] = await skip(await open(0), bytes).toArray()
  expect(Buffer.concat(chunks).toString()).toBe(expected)
  expect(chunks.every(({ length }) => length > 0)).toBe(true)
})
