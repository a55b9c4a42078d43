import { describe, expect, it } from 'vitest'
import { createPace, type Wait } from '../../src/http/pace.ts'
import { fakeClock, jumpingClock } from '../helpers/clock.ts'

function start() {
  const clock = fakeClock()
  const waits: Wait[] = []
  const pace = createPace({ ...clock, random: () => 0, onWait: wait => waits.push(wait) })
  return { clock, waits, host: pace.of('a.test'), other: pace.of('b.test') }
}

/** When each of these was through. */
async function timesOf(clock: ReturnType<typeof fakeClock>, ...waiting: Promise<void>[]): Promise<number[]> {
  const times: number[] = []
  for (const each of waiting) each.then(() => times.push(clock.now()))
  await clock.advance(60_000)
  return times
}

it('a pause is for everybody at the host, and for nobody elsewhere', async () => {
  const { clock, host, other } = start()
  host.pause(5000, 'a.test says 429')
  expect(await timesOf(clock, other.ready(undefined), host.ready(undefined), host.ready(undefined))).toEqual([
    0, 5000, 5000,
  ])
})

it('a longer pause takes those along who wait already, a shorter one does not shorten it', async () => {
  const { clock, host } = start()
  host.pause(5000, 'a.test says 429')
  const ready = host.ready(undefined)
  host.pause(9000, 'a.test says 429')
  host.pause(1000, 'a.test says 429')
  expect(await timesOf(clock, ready)).toEqual([9000])
})

it('nobody comes back in the same instant', async () => {
  const clock = fakeClock()
  const randoms = [0.2, 0.8]
  const host = createPace({ ...clock, random: () => randoms.shift() ?? 0 }).of('a.test')
  host.pause(1000, 'a.test says 429')
  expect(await timesOf(clock, host.ready(undefined), host.ready(undefined))).toEqual([1100, 1400])
})

it('an abort ends a wait at once, with its reason, and only that one', async () => {
  const { clock, host } = start()
  const abort = new AbortController()
  const reason = new Error('enough')
  host.pause(5000, 'a.test says 429')
  const waiting = host.ready(abort.signal)
  const backing = host.backOff(5000, 'a.test broke', abort.signal)
  const other = host.ready(undefined)
  abort.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(backing).rejects.toBe(reason)
  await expect(host.ready(abort.signal)).rejects.toBe(reason)
  expect(await timesOf(clock, other)).toEqual([5000])
})

describe('what is told', () => {
  it.each<[string, [at: number, milliseconds: number][], number[]]>([
    ['one wait of many requests', Array(9).fill([0, 12_000]), [12]],
    [
      'requests that fail a moment apart',
      [
        [0, 12_000],
        [40, 12_000],
        [300, 12_000],
      ],
      [12],
    ],
    [
      'a shorter wait within a longer',
      [
        [0, 12_000],
        [2000, 3000],
      ],
      [12],
    ],
    [
      'a wait that becomes longer',
      [
        [0, 12_000],
        [5000, 30_000],
      ],
      [12, 30],
    ],
    [
      'a wait after the other',
      [
        [0, 2000],
        [3000, 2000],
      ],
      [2, 2],
    ],
    ['none at all', [[0, 0]], []],
  ])('%s', async (_, pauses, expected) => {
    const { clock, waits, host } = start()
    for (const [at, milliseconds] of pauses) {
      await clock.advance(at - clock.now())
      host.pause(milliseconds, 'a.test says 429')
    }
    expect(waits).toEqual(expected.map(seconds => ({ host: 'a.test', seconds, reason: 'a.test says 429' })))
  })
})

describe('patience', () => {
  const patient = () => {
    const clock = jumpingClock()
    return { clock, host: createPace({ ...clock, patience: 60_000 }).of('a.test') }
  }

  it('counts from the first failure, or from the last success after it', () => {
    const { clock, host } = patient()
    clock.pass(59_999)
    expect(host.hasPatience(0)).toBe(true)
    clock.pass(1)
    expect(host.hasPatience(0)).toBe(false)
    expect(host.hasPatience(1)).toBe(true)
    host.progress()
    expect(host.hasPatience(0)).toBe(true)
    clock.pass(60_000)
    expect(host.hasPatience(0)).toBe(false)
  })

  it('is over for all once one gave up, until a success or for as long again', () => {
    const { clock, host } = patient()
    host.giveUp()
    expect(host.hasPatience(0)).toBe(false)
    host.progress()
    expect(host.hasPatience(0)).toBe(true)
    host.giveUp()
    clock.pass(60_000)
    expect(host.hasPatience(clock.now())).toBe(true)
  })

  it('knows a host that has served', () => {
    const { host } = patient()
    expect(host.proven).toBe(false)
    host.progress()
    expect(host.proven).toBe(true)
  })
})
