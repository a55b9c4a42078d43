import { describe, expect, it } from 'vitest'
import { Gate, type Pass } from '../../src/http/gate.ts'

/** As many passes as there are places. */
async function fill(gate: Gate): Promise<Pass[]> {
  const passes: Pass[] = []
  for (let place = gate.places; place > 0; place--) passes.push(await gate.enter(undefined))
  return passes
}

/** One round: all places taken, each with an outcome, all given back. */
async function round(gate: Gate, outcome: (pass: Pass) => void): Promise<number> {
  const passes = await fill(gate)
  for (const pass of passes) outcome(pass)
  for (const pass of passes) pass.release()
  return gate.places
}

const well = (pass: Pass) => pass.succeeded()
const overloaded = (pass: Pass) => pass.overloaded()

describe('places of a gate', () => {
  it.each([
    [1, 1],
    [4, 4],
    [8, 8],
    [100, 8],
  ])('with at most %i begin at %i', (most, first) => expect(new Gate(most).places).toBe(first))

  it('grow by about one a round, up to the most', async () => {
    const gate = new Gate(11)
    const seen: number[] = []
    for (let turn = 0; turn < 6; turn++) seen.push(await round(gate, well))
    expect(seen[0]).toBeLessThanOrEqual(9)
    expect(seen.at(-1)).toBe(11)
  })

  it('do not grow while they are not all used', async () => {
    const gate = new Gate(16)
    for (let turn = 0; turn < 100; turn++) {
      const pass = await gate.enter(undefined)
      pass.succeeded()
      pass.release()
    }
    expect(gate.places).toBe(8)
  })

  it('are halved once for all that failed together, and never below one', async () => {
    const gate = new Gate(8)
    const seen: number[] = []
    for (let turn = 0; turn < 5; turn++) seen.push(await round(gate, overloaded))
    expect(seen).toEqual([4, 2, 1, 1, 1])
  })

  it('recover', async () => {
    const gate = new Gate(8)
    for (let turn = 0; turn < 4; turn++) await round(gate, overloaded)
    for (let turn = 0; turn < 20; turn++) await round(gate, well)
    expect(gate.places).toBe(8)
  })

  it('let nobody in until so many have left as were too many', async () => {
    const gate = new Gate(4)
    const passes = await fill(gate)
    passes[0]?.overloaded()
    let entered = 0
    for (const _ of [1, 2]) gate.enter(undefined).then(() => entered++)
    for (const [at, expected] of [0, 0, 1, 2].entries()) {
      passes[at]?.release()
      await new Promise(resolve => setImmediate(resolve))
      expect(entered).toBe(expected)
    }
  })
})

describe('growing latency', () => {
  it.each<[string, number[], boolean]>([
    ['steady', [20, 20, 20, 20, 20, 20, 20, 20, 20, 20], false],
    ['a far host is not a slow one', [900, 900, 950, 900, 920, 900, 900, 930, 900, 900], false],
    ['a far host that wavers', [900, 1300, 1400, 1500, 1600, 1500, 1400, 1700, 1600, 1500], false],
    ['many times the best, but nothing to notice', [2, 40, 60, 80, 90, 100, 120, 150, 180, 200], false],
    ['slower and slower', [20, 200, 500, 900, 1500, 2000, 2500, 3000, 3500, 4000], true],
  ])('%s', async (_, latencies, fewer) => {
    const gate = new Gate(8)
    const places: number[] = []
    for (const milliseconds of latencies)
      places.push(await round(gate, pass => pass.succeeded({ kind: 'HEAD', milliseconds })))
    expect(Math.min(...places) < 8).toBe(fewer)
    expect(Math.min(...places)).toBeGreaterThanOrEqual(1)
  })

  it('of one straggler says nothing', async () => {
    const gate = new Gate(8)
    await round(gate, pass => pass.succeeded({ kind: 'HEAD', milliseconds: 20 }))
    let milliseconds = 800
    const places = await round(gate, pass => {
      pass.succeeded({ kind: 'HEAD', milliseconds })
      milliseconds = 20
    })
    expect(places).toBe(8)
  })

  it('is measured against the same kind of request', async () => {
    const gate = new Gate(8)
    for (let turn = 0; turn < 10; turn++) {
      await round(gate, pass => pass.succeeded({ kind: 'HEAD', milliseconds: 20 }))
      await round(gate, pass => pass.succeeded({ kind: 'POST', milliseconds: 900 }))
    }
    expect(gate.places).toBe(8)
  })
})
