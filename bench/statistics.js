/**
 * What a row of measurements comes to; the numbers may stand in any order.
 *
 * @typedef {{ median: number, smallest: number, largest: number }} Spread
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: median(sorted), smallest: sorted[0] ?? Number.NaN, largest: sorted.at(-1) ?? Number.NaN }
}

/** @param {readonly number[]} sorted */
function median(sorted) {
  const middle = Math.floor(sorted.length / 2)
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}

/**
 * Numbers in [0, 1) that are the same in every run with the same seed, so that every client meets the same weather (mulberry32).
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
