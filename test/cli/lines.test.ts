import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { Lines } from '../../src/cli/lines.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

/** Takes what is written when told to. */
function slow() {
  const chunks: string[] = []
  let take = () => {}
  const out = new Writable({
    highWaterMark: 10,
    decodeStrings: false,
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      take = done
    },
  })
  return { out: out as unknown as NodeJS.WriteStream, chunks, take: () => take() }
}

it('lines of one moment go out together, in their order, and before the next moment', async () => {
  const { out, chunks } = slow()
  const lines = new Lines(out)
  await lines.write('a')
  await lines.write('b')
  expect(chunks).toEqual([])
  await turn()
  expect(chunks).toEqual(['a\nb\n'])
})

it('waits for a reader that is slower, and for none that has gone', async () => {
  const { out, chunks, take } = slow()
  const lines = new Lines(out)
  await lines.write('x'.repeat(20))
  lines.flush()
  let isThrough = false
  const writing = lines.write('y').then(() => {
    isThrough = true
  })
  await turn()
  expect(isThrough).toBe(false)
  take()
  take()
  await writing
  lines.flush()
  const more = lines.write('z')
  out.destroy()
  await more
  expect(chunks.join('')).toMatch(/^x{20}\n/)
})

it('keeps no more than a page back', async () => {
  const { out, chunks } = slow()
  void new Lines(out).write('x'.repeat(70_000))
  expect(chunks).toHaveLength(1)
})
