import { describe, expect, it } from 'vitest'
import { seeded, spread } from '../../bench/statistics.js'

describe('spread', () => {
  it.each([
    [[3], { median: 3, smallest: 3, largest: 3 }],
    [[10, 9, 100], { median: 10, smallest: 9, largest: 100 }],
    [[4, 1, 3, 2], { median: 2.5, smallest: 1, largest: 4 }],
  ])('%j', (values, expected) => expect(spread(values)).toEqual(expected))

  it('leaves the values in their order', () => {
    const values = [2, 1]
    spread(values)
    expect(values).toEqual([2, 1])
  })
})

describe('seeded', () => {
  const take = (seed: number) => Array.from({ length: 200 }, seeded(seed))

  it('is the same for the same seed, and another for another', () => {
    expect(take(7)).toEqual(take(7))
    expect(take(7)).not.toEqual(take(8))
  })

  it('stays within [0, 1) and reaches both halves', () => {
    const values = take(1)
    expect(values.every(value => value >= 0 && value < 1)).toBe(true)
    expect(spread(values).smallest).toBeLessThan(0.2)
    expect(spread(values).largest).toBeGreaterThan(0.8)
  })
})
