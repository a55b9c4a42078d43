import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createRateLimit, createRequestRate, limited } from '../../src/http/rate.ts'
import { fakeClock, jumpingClock } from '../helpers/clock.ts'

describe('bytes a second', () => {
  it.each([
    [1000, [1000, 1000, 1000], 2900],
    [1000, Array(300).fill(10), 2900],
    [1_000_000, [64_000, 64_000], 28],
    [1000, [5000], 4900],
    [1000, [50], 0],
  ])('at %i, %j take %i ms', async (rate, chunks, expected) => {
    const clock = jumpingClock()
    const limit = createRateLimit(rate, clock)
    for (const bytes of chunks) await limit.take(bytes)
    expect(clock.now()).toBeCloseTo(expected, 6)
  })

  it('saves up a tenth of a second and no more', async () => {
    const clock = jumpingClock()
    const limit = createRateLimit(1000, clock)
    await limit.take(100)
    clock.pass(60_000)
    const start = clock.now()
    await limit.take(1000)
    expect(clock.now() - start).toBeCloseTo(900, 6)
  })

  it('is one measure for all who take', async () => {
    const clock = fakeClock()
    const limit = createRateLimit(1000, clock)
    const done: number[] = []
    for (const taker of [1, 2, 3]) limit.take(1000).then(() => done.push(taker))
    await clock.advance(1900)
    expect(done).toEqual([1, 2])
    await clock.advance(1000)
    expect(done).toEqual([1, 2, 3])
  })

  it('ends a wait at an abort, with its reason', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const waiting = createRateLimit(1).take(1000, abort.signal)
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(createRateLimit(1).take(1, abort.signal)).rejects.toBe(reason)
  })

  it('passes every byte, in pieces of a quarter of a second', async () => {
    const clock = jumpingClock()
    const content = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 251))
    const passed: Buffer[] = []
    const chunks = limited(
      Readable.from([content.subarray(0, 9500), content.subarray(9500)]),
      createRateLimit(4000, clock),
    )
    for await (const piece of chunks) passed.push(piece)
    expect(Buffer.concat(passed).equals(content)).toBe(true)
    expect(passed.map(({ length }) => length)).toEqual([...Array(9).fill(1000), 500, 500])
    expect(clock.now()).toBeCloseTo(2400, 6)
  })

  it('breaks off at an abort, with its reason', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const chunks = limited(Readable.from([Buffer.alloc(10_000)]), createRateLimit(10), abort.signal)
    const next = chunks.next()
    abort.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})

describe('requests a second', () => {
  it('go out evenly, each host for itself', async () => {
    const clock = fakeClock()
    const turn = createRequestRate(2, clock)
    const out: [string, number][] = []
    for (const host of ['a', 'a', 'b', 'a']) turn(host, undefined).then(() => out.push([host, clock.now()]))
    await clock.advance(10_000)
    expect(out).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 500],
      ['a', 1000],
    ])
  })

  it('does not save up for a burst', async () => {
    const clock = jumpingClock()
    const turn = createRequestRate(10, clock)
    await turn('a', undefined)
    clock.pass(60_000)
    const start = clock.now()
    for (let count = 0; count < 11; count++) await turn('a', undefined)
    expect(clock.now() - start).toBe(1000)
  })

  it('ends a wait at an abort', async () => {
    const turn = createRequestRate(0.001)
    await turn('a', undefined)
    const abort = new AbortController()
    const reason = new Error('enough')
    const waiting = turn('a', abort.signal)
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
