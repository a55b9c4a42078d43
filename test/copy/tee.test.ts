import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { tee } from '../../src/copy/tee.ts'
import type { Open } from '../../src/model/content.ts'
import { openBytes, randomBlob } from '../helpers/images.ts'

const MiB = 1024 * 1024

/** Content that counts what is read of it. */
function counted(bytes: Buffer) {
  const opened: number[] = []
  const read = { bytes: 0 }
  const open: Open = async (offset = 0) => {
    opened.push(offset)
    const body = await openBytes(bytes)(offset)
    return Readable.from(
      (async function* () {
        for await (const chunk of body) {
          read.bytes += chunk.length
          yield chunk
        }
      })(),
      { objectMode: false, highWaterMark: 1 },
    )
  }
  return { open, opened, read }
}

const all = async (body: Readable) => Buffer.concat(await body.toArray())

describe('tee', () => {
  it.each([2, 3, 5])('%d readers get the same bytes from one read', async readers => {
    const { bytes } = randomBlob(5 * MiB)
    const { open, opened, read } = counted(bytes)
    const shared = tee(open, readers)
    const bodies = await Promise.all(Array.from({ length: readers }, (_, at) => shared.open(at)()))
    const got = await Promise.all(bodies.map(all))
    for (const each of got) expect(each.equals(bytes)).toBe(true)
    expect([opened, read.bytes]).toEqual([[0], bytes.length])
  })

  it('waits for who has not opened yet, and not for who has left', async () => {
    const { bytes } = randomBlob(1000)
    const { open, opened } = counted(bytes)
    const shared = tee(open, 3)
    const first = all(await shared.open(0)())
    await sleep(20)
    expect(opened).toEqual([])
    shared.leave(2)
    const second = all(await shared.open(1)())
    expect((await first).equals(bytes)).toBe(true)
    expect((await second).equals(bytes)).toBe(true)
    expect(opened).toEqual([0])
  })

  it('who is alone in the end reads as if there were no others', async () => {
    const { bytes } = randomBlob(3 * MiB)
    const { open, opened } = counted(bytes)
    const shared = tee(open, 2)
    const body = all(await shared.open(0)())
    shared.leave(1)
    expect((await body).equals(bytes)).toBe(true)
    expect(opened).toEqual([0])
  })

  it('the slowest sets the pace: nobody is far ahead, and memory stays bounded', async () => {
    const { bytes } = randomBlob(8 * MiB)
    const { open, opened, read } = counted(bytes)
    const shared = tee(open, 2)
    const [fast, slow] = await Promise.all([shared.open(0)(), shared.open(1)()])
    const quick = all(fast)
    let taken = 0
    for await (const chunk of slow) {
      taken += chunk.length
      await sleep(0)
      expect(read.bytes - taken).toBeLessThan(2 * MiB)
    }
    expect(taken).toBe(bytes.length)
    expect((await quick).equals(bytes)).toBe(true)
    expect(opened).toEqual([0])
  })

  it('one that takes nothing is left to itself, and has all its bytes in the end', async () => {
    const { bytes } = randomBlob(4 * MiB)
    const { open, opened } = counted(bytes)
    const shared = tee(open, 2, { patience: 50 })
    const [fast, slow] = await Promise.all([shared.open(0)(), shared.open(1)()])
    expect((await all(fast)).equals(bytes)).toBe(true)
    expect((await all(slow)).equals(bytes)).toBe(true)
    expect(opened).toHaveLength(2)
    expect(opened[1]).toBeGreaterThan(0)
    expect(opened[1]).toBeLessThan(2 * MiB)
  })

  it('one that does not open is not waited for for ever, and reads for itself when it comes', async () => {
    const { bytes } = randomBlob(1000)
    const { open, opened } = counted(bytes)
    const shared = tee(open, 2, { patience: 30 })
    expect((await all(await shared.open(0)())).equals(bytes)).toBe(true)
    expect((await all(await shared.open(1)())).equals(bytes)).toBe(true)
    expect(opened).toEqual([0, 0])
  })

  it('who breaks off does not hold up the others; it goes on by a read of its own', async () => {
    const { bytes } = randomBlob(6 * MiB)
    const { open, opened } = counted(bytes)
    const shared = tee(open, 3)
    const [first, second, third] = await Promise.all([0, 1, 2].map(at => shared.open(at)()))
    if (!first || !second || !third) throw new Error('no body')
    const others = [all(first), all(second)]
    for await (const _chunk of third) break
    for (const got of await Promise.all(others)) expect(got.equals(bytes)).toBe(true)
    const again = await all(await shared.open(2)(100))
    expect(again.equals(bytes.subarray(100))).toBe(true)
    expect(opened).toEqual([0, 100])
  })

  it('stops reading when all have broken off', async () => {
    const { bytes } = randomBlob(20 * MiB)
    const { open, read } = counted(bytes)
    const shared = tee(open, 2)
    const bodies = await Promise.all([shared.open(0)(), shared.open(1)()])
    await Promise.all(
      bodies.map(async body => {
        for await (const _chunk of body) break
      }),
    )
    await sleep(20)
    expect(read.bytes).toBeLessThan(5 * MiB)
  })

  it('a read that fails, at once or in the middle, fails for all', async () => {
    for (const good of [0, 3]) {
      const failing: Open = async () => {
        if (good === 0) throw new Error('source is gone')
        return Readable.from(
          (async function* () {
            for (let at = 0; at < good; at++) yield Buffer.alloc(1000)
            throw new Error('source is gone')
          })(),
        )
      }
      const shared = tee(failing, 2)
      const bodies = await Promise.all([shared.open(0)(), shared.open(1)()])
      const ends = await Promise.allSettled(bodies.map(all))
      expect(ends.map(end => end.status === 'rejected' && String(end.reason))).toEqual([
        'Error: source is gone',
        'Error: source is gone',
      ])
    }
  })

  it('an empty body is read once and ends for all', async () => {
    const { open, opened } = counted(Buffer.alloc(0))
    const shared = tee(open, 2)
    const bodies = await Promise.all([shared.open(0)(), shared.open(1)()])
    expect((await Promise.all(bodies.map(all))).map(each => each.length)).toEqual([0, 0])
    expect(opened).toEqual([0])
  })
})
