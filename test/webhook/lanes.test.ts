import { expect, it } from 'vitest'
import { createLanes } from '../../src/webhook/lanes.ts'

/** Work that a test finishes by hand. */
function byHand({ concurrency = 2, capacity = 10 } = {}) {
  const begun: string[] = []
  const finish = new Map<string, () => void>()
  const lanes = createLanes<string>({
    laneOf: item => item.charAt(0),
    work: item => {
      begun.push(item)
      return new Promise(resolve => finish.set(item, resolve))
    },
    concurrency,
    capacity,
  })
  const done = async (item: string) => {
    finish.get(item)?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { lanes, begun, done }
}

it('one at a time in a lane, side by side in different ones, a busy lane does not keep the others waiting', async () => {
  const { lanes, begun, done } = byHand()
  expect(lanes.offer(['a1', 'a2', 'a3', 'b1', 'c1'])).toBe(true)
  expect(begun).toEqual(['a1', 'b1'])
  await done('a1')
  expect(begun).toEqual(['a1', 'b1', 'c1'])
  await done('c1')
  await done('a2')
  await done('b1')
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  await done('a3')
  expect(lanes.size()).toBe(0)
})

it('takes all or nothing, and more than it has room for when nothing else waits', async () => {
  const { lanes, begun, done } = byHand({ capacity: 2 })
  expect(lanes.offer(['a1', 'a2', 'a3'])).toBe(true)
  expect(lanes.offer(['b1'])).toBe(false)
  await done('a1')
  await done('a2')
  expect(lanes.offer(['b1', 'b2'])).toBe(false)
  expect(lanes.offer(['b1'])).toBe(true)
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1'])
})

it('says when all is done', async () => {
  const { lanes, done } = byHand()
  await lanes.drained()
  lanes.offer(['a1', 'a2'])
  let drained = false
  const end = lanes.drained().then(() => {
    drained = true
  })
  await done('a1')
  expect(drained).toBe(false)
  await done('a2')
  await end
  expect(drained).toBe(true)
})
