import { describe, expect, it } from 'vitest'
import { copyMemory } from '../../src/copy/memory.ts'
import type { Digest } from '../../src/model/digest.ts'

const one: Digest = `sha256:${'1'.repeat(64)}`
const running = new AbortController().signal

/** Work that ends when it is told to. */
function byHand() {
  let resolve = () => {}
  let reject = (_: Error) => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  let calls = 0
  const work = () => {
    calls++
    return promise
  }
  return { work, resolve, reject, calls: () => calls }
}
const never = () => Promise.reject(new Error('done twice'))

describe('a digest that several copies bring', () => {
  it('is moved by the first, and shared by those that come meanwhile and later', async () => {
    const memory = copyMemory()
    const { work, resolve, calls } = byHand()
    const all = [memory.once(one, work, running), memory.once(one, never, running), memory.once(one, never, running)]
    expect(memory.has(one)).toBe(false)
    resolve()
    expect(await Promise.all(all)).toEqual(['done', 'shared', 'shared'])
    expect(await memory.once(one, never, running)).toBe('shared')
    expect([memory.has(one), calls()]).toEqual([true, 1])
  })

  it('that is known to be there already is not moved', async () => {
    const memory = copyMemory()
    memory.add(one)
    expect(await memory.once(one, never, running)).toBe('shared')
  })

  it('that failed fails for all, now and later, without another try', async () => {
    const memory = copyMemory()
    const { work, reject } = byHand()
    const all = [memory.once(one, work, running), memory.once(one, never, running)]
    const reason = new Error('wrong bytes')
    reject(reason)
    for (const each of all) await expect(each).rejects.toBe(reason)
    await expect(memory.once(one, never, running)).rejects.toBe(reason)
    expect(memory.has(one)).toBe(false)
  })

  it('that was only cut off is taken over by one that waits', async () => {
    const memory = copyMemory()
    const stop = new AbortController()
    const first = byHand()
    const second = byHand()
    const cut = memory.once(one, first.work, stop.signal)
    const others = [memory.once(one, second.work, running), memory.once(one, second.work, running)]
    stop.abort()
    first.reject(new Error('cut'))
    await expect(cut).rejects.toThrow('cut')
    second.resolve()
    expect((await Promise.all(others)).sort()).toEqual(['done', 'shared'])
    expect(second.calls()).toBe(1)
  })

  it('but not by one that was cut off as well', async () => {
    const memory = copyMemory()
    const stop = new AbortController()
    const { work, reject } = byHand()
    const cut = memory.once(one, work, stop.signal)
    const other = memory.once(one, never, stop.signal)
    stop.abort(new Error('enough'))
    reject(new Error('cut'))
    await expect(cut).rejects.toThrow('cut')
    await expect(other).rejects.toThrow('enough')
  })
})

it('T12: remembers a hundred thousand digests, the last ones', () => {
  const memory = copyMemory()
  const digest = (at: number): Digest => `sha256:${at.toString(16).padStart(64, '0')}`
  for (let at = 0; at <= 100_000; at++) memory.add(digest(at))
  expect([0, 1, 100_000].map(at => memory.has(digest(at)))).toEqual([false, true, true])
})
