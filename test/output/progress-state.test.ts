import { expect, it } from 'vitest'
import type { CopyEvent } from '../../src/copy/events.ts'
import { createProgressState } from '../../src/output/progress-state.ts'
import { randomBlob } from '../helpers/images.ts'

const a = randomBlob(1000, undefined, 'a').descriptor
const b = randomBlob(3000, undefined, 'b').descriptor

/** Feeds `[milliseconds, event]` pairs. */
function after(...steps: [now: number, event: CopyEvent][]) {
  const state = createProgressState()
  for (const [now, event] of steps) state.take(event, now)
  return state
}

it('counts each piece once, however often it is found', () => {
  const now = after(
    [0, { type: 'found', content: a }],
    [0, { type: 'found', content: a }],
    [0, { type: 'found', content: b }],
  ).at(0)
  expect(now).toMatchObject({ total: 4000, settled: 0, found: 2, done: 0, percent: 0, secondsLeft: undefined })
})

it('moves from an offset to done', () => {
  const state = after(
    [0, { type: 'found', content: b }],
    [0, { type: 'started', content: b, offset: 1000 }],
    [1000, { type: 'moved', content: b, bytes: 500 }],
  )
  expect(state.at(1000)).toMatchObject({ settled: 1500, percent: 50, active: [{ content: b, at: 1500 }] })
  state.take({ type: 'done', content: b, outcome: 'pushed' }, 1100)
  state.take({ type: 'done', content: b, outcome: 'pushed' }, 1100)
  expect(state.at(1100)).toMatchObject({ settled: 3000, percent: 100, done: 1, active: [] })
})

it('goes back when an attempt starts again', () => {
  const state = after(
    [0, { type: 'started', content: b, offset: 0 }],
    [0, { type: 'moved', content: b, bytes: 2000 }],
    [10, { type: 'started', content: b, offset: 500 }],
  )
  expect(state.at(10)).toMatchObject({ settled: 500, total: 3000 })
})

it('says 100 % only when everything is done', () => {
  const state = after([0, { type: 'started', content: b, offset: 0 }], [0, { type: 'moved', content: b, bytes: 3000 }])
  expect(state.at(0).percent).toBe(99)
})

it('takes the rate from the last seconds, and lets it fall when nothing moves', () => {
  const state = createProgressState()
  state.take({ type: 'started', content: { ...b, size: 100_000 }, offset: 0 }, 0)
  for (let now = 0; now <= 10_000; now += 100)
    state.take({ type: 'moved', content: b, bytes: now < 5000 ? 100 : 200 }, now)
  expect(state.at(10_000).rate).toBeGreaterThan(1900)
  expect(state.at(10_000).rate).toBeLessThan(2100)
  expect(state.at(10_000).secondsLeft).toBeCloseTo((100_000 - 15_200) / state.at(10_000).rate)
  expect(state.at(14_000).rate).toBeLessThan(state.at(10_000).rate / 3)
  expect(state.at(20_000)).toMatchObject({ rate: 0, secondsLeft: undefined })
})

it('notices a stall, and forgets it when bytes move again', () => {
  const state = after([0, { type: 'started', content: b, offset: 0 }])
  expect(state.at(9_000).stalledFor).toBeUndefined()
  expect(state.at(12_000).stalledFor).toBe(12)
  state.take({ type: 'moved', content: b, bytes: 1 }, 12_000)
  expect(state.at(12_000).stalledFor).toBeUndefined()
})

it('waits until the time is over, also while others move', () => {
  const state = after([0, { type: 'waiting', seconds: 12, reason: 'registry.example says 429' }])
  expect(state.at(2_000).waiting).toEqual({ reason: 'registry.example says 429', seconds: 10 })
  expect(state.at(12_000).waiting).toBeUndefined()
  const other = after(
    [0, { type: 'waiting', seconds: 12, reason: 'registry.example says 429' }],
    [1, { type: 'waiting', seconds: 1, reason: 'another' }],
    [3_000, { type: 'moved', content: b, bytes: 1 }],
  )
  expect(other.at(3_000).waiting).toEqual({ reason: 'registry.example says 429', seconds: 9 })
})

it('keeps few samples however many events come', () => {
  const state = createProgressState()
  for (let at = 0; at < 100_000; at += 1) state.take({ type: 'moved', content: a, bytes: 1 }, at / 10)
  expect(state.at(10_000).rate).toBeCloseTo(10_000, -3)
})

it('counts what was sent again', () => {
  const again: CopyEvent = { type: 'retrying', attempt: 2, reason: 'registry.example says 503' }
  expect(after([0, again], [1, again]).at(1).retries).toBe(2)
})

it('tells of no wait below a second', () => {
  const state = createProgressState()
  state.take({ type: 'waiting', seconds: 0.5, reason: 'x' }, 0)
  expect(state.at(0).waiting).toBeUndefined()
  state.take({ type: 'waiting', seconds: 1, reason: 'x' }, 0)
  expect(state.at(1).waiting).toMatchObject({ reason: 'x' })
})

it('tells of a file that is read until there is something to send', () => {
  const state = after([0, { type: 'reading', name: 'disk.iso', bytes: 10, size: 1000 }])
  expect(state.at(0).reading).toEqual({ name: 'disk.iso', bytes: 10, size: 1000 })
  state.take({ type: 'found', content: a }, 1)
  expect(state.at(1).reading).toBeUndefined()
})

it('counts tags that are looked up, until it is known what is to be done', () => {
  const state = after([0, { type: 'tags', count: 1 }], [0, { type: 'tags', count: 7 }])
  expect(state.at(0)).toMatchObject({ tags: 7, found: 0 })
  state.take({ type: 'images', done: 0, total: 3 }, 1)
  expect(state.at(1).tags).toBeUndefined()
})
