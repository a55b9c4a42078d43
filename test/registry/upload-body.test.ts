import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { lend } from '../../src/http/lent.ts'
import { descriptorOf } from '../../src/model/descriptor.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { type UploadBody, uploadBody } from '../../src/registry/upload-body.ts'

const content = Buffer.from('0123456789')
const target = descriptorOf(content, 'application/octet-stream')

/** A source in chunks of so many bytes, and where it was opened. */
function source(bytes: Buffer = content, size = 3) {
  const opened: number[] = []
  const bodies: Readable[] = []
  const open = async (offset = 0) => {
    opened.push(offset)
    const chunks: Buffer[] = []
    for (let at = offset; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    const body = Readable.from(chunks)
    bodies.push(body)
    return body
  }
  return { open, opened, bodies }
}

/** Reads so many bytes of an attempt and leaves the rest. */
async function attempt(body: UploadBody, [offset, end]: [number, number], most = Number.POSITIVE_INFINITY) {
  let text = ''
  const stream = await body.open(offset, end)
  for await (const chunk of lend(stream)) {
    text += chunk
    if (text.length >= most) break
  }
  return text
}

describe('an upload in attempts and pieces', () => {
  it.each<[string, [number, number][], string[]]>([
    ['whole', [[0, 10]], ['0123456789']],
    [
      'in pieces',
      [
        [0, 4],
        [4, 8],
        [8, 10],
      ],
      ['0123', '4567', '89'],
    ],
    [
      'a piece twice',
      [
        [0, 4],
        [0, 4],
        [4, 10],
      ],
      ['0123', '0123', '456789'],
    ],
    [
      'a part of it twice',
      [
        [0, 6],
        [3, 10],
      ],
      ['012345', '3456789'],
    ],
    ['from where an earlier run had got', [[7, 10]], ['789']],
    ['nothing more to send', [[10, 10]], ['']],
  ])('%s', async (_, ranges, expected) => {
    const body = uploadBody(target, source().open)
    const got: string[] = []
    for (const range of ranges) got.push(await attempt(body, range))
    expect(got).toEqual(expected)
  })

  it('goes on hashing after an attempt that broke off', async () => {
    const { open, opened } = source()
    const body = uploadBody(target, open)
    expect(await attempt(body, [0, 10], 4)).toBe('012345')
    expect(await attempt(body, [2, 10])).toBe('23456789')
    expect(opened).toEqual([0, 2])
  })
})

describe('T11: content that is not the target', () => {
  const changed = (at: number) => Buffer.from(content.map((byte, index) => (index === at ? 0x58 : byte)))

  it.each<[string, Buffer, [number, number][], string]>([
    ['other bytes', changed(9), [[0, 10]], 'the source gave sha256:'],
    ['too few', content.subarray(0, 9), [[0, 10]], 'the source gave 9 of 10 bytes'],
    ['none', content.subarray(0, 0), [[0, 10]], 'the source gave 0 of 10 bytes'],
    ['too many', Buffer.from('0123456789x'), [[0, 10]], 'the source gave more than 10 bytes'],
    [
      'other bytes in the first piece',
      changed(0),
      [
        [0, 4],
        [4, 10],
      ],
      'the source gave sha256:',
    ],
    ['too few for a piece', content.subarray(0, 3), [[0, 4]], 'the source gave 3 of 10 bytes'],
    [
      'other bytes behind an overlap',
      changed(8),
      [
        [0, 6],
        [3, 10],
      ],
      'the source gave sha256:',
    ],
    ['too few from where an earlier run had got', content.subarray(0, 9), [[7, 10]], 'the source gave 9 of 10 bytes'],
  ])('%s', async (_, bytes, ranges, sentence) => {
    const body = uploadBody(target, source(bytes).open)
    const all = async () => {
      for (const range of ranges) await attempt(body, range)
    }
    await expect(all()).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
      message: expect.stringContaining(sentence),
    })
  })

  it('that changed between two attempts', async () => {
    const bytes = Buffer.from(content)
    const body = uploadBody(target, source(bytes).open)
    await attempt(body, [0, 10], 6)
    bytes[7] = 0x58
    await expect(attempt(body, [6, 10])).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  it('is found out again from the beginning', async () => {
    const bytes = Buffer.from(content)
    const body = uploadBody(target, source(bytes).open)
    await attempt(body, [7, 10])
    bytes[0] = 0x58
    await expect(attempt(body, [0, 10])).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })
})

describe('a source that is opened ahead', () => {
  it('is used for the first bytes, once', async () => {
    const { open, opened } = source()
    const body = uploadBody(target, open)
    body.prepare()
    expect(await attempt(body, [0, 10], 3)).toBe('012')
    expect(await attempt(body, [0, 10])).toBe('0123456789')
    expect(opened).toEqual([0, 0])
  })

  it('is not used further on, and closed when nobody asks for it', async () => {
    const { open, opened, bodies } = source()
    const body = uploadBody(target, open)
    body.prepare()
    expect(await attempt(body, [4, 10])).toBe('456789')
    body.drop()
    await expect.poll(() => bodies[0]?.destroyed).toBe(true)
    expect(opened).toEqual([0, 4])
  })

  it('and fails tells it to who asks, and nobody else', async () => {
    const gone = new RegctlError('NOT_FOUND', 'gone')
    const body = uploadBody(target, () => Promise.reject(gone))
    body.prepare()
    await expect(body.open(0, 10)).rejects.toBe(gone)
    body.prepare()
    body.drop()
  })
})

describe('what broke at the source', () => {
  const gone = new RegctlError('UNREACHABLE', 'gone')

  it('is noted, in opening and in reading', async () => {
    const closed = uploadBody(target, () => Promise.reject(gone))
    await expect(closed.open(0, 10)).rejects.toBe(gone)
    expect(closed.failure).toBe(gone)
    const reading = uploadBody(target, async () =>
      Readable.from(
        (async function* () {
          yield content.subarray(0, 3)
          throw gone
        })(),
      ),
    )
    await expect(attempt(reading, [0, 10])).rejects.toBe(gone)
    expect(reading.failure).toBe(gone)
  })

  it('but not an error that is none of ours: it comes of closing the body', async () => {
    const body = uploadBody(target, async () => new Readable({ read: () => {} }).destroy(new Error('closed')))
    await expect(attempt(body, [0, 10])).rejects.toThrow('closed')
    expect(body.failure).toBeUndefined()
  })

  it.each<[string, (body: UploadBody) => Promise<unknown>]>([
    ['a body that was closed on its way', body => attempt(body, [0, 10], 3)],
    ['one that was destroyed', async body => (await body.open(0, 10)).destroy(new Error('the upload broke'))],
  ])('but not %s', async (_, use) => {
    const body = uploadBody(target, source().open)
    await use(body)
    expect(body.failure).toBeUndefined()
  })
})

describe('T11: nobody ever gets the whole of what is wrong', () => {
  it.each([
    ['right', content, 10],
    ['wrong at its end', Buffer.from('012345678X'), 0],
    ['too short', content.subarray(0, 9), 9],
    ['too long', Buffer.concat([content, content]), 0],
  ])('%s', async (_, bytes, most) => {
    const body = uploadBody(target, source(bytes, bytes.length).open)
    let sent = 0
    const sending = (async () => {
      for await (const chunk of lend(await body.open(0, target.size))) sent += chunk.length
    })()
    if (bytes === content) await sending
    else await expect(sending).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(sent).toBe(most)
  })
})
