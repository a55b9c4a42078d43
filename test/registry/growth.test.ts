import { describe, expect, it } from 'vitest'
import { Downloads } from '../../src/registry/downloads.ts'
import type { Habits } from '../../src/registry/endpoint.ts'
import { Growth } from '../../src/registry/growth.ts'

const mebibyte = 1024 * 1024
const tick = 50

/** A link that brings so many bytes a second over so many connections. */
type Link = (connections: number) => number

const throttled =
  (each: number): Link =>
  connections =>
    each * connections
const shared =
  (all: number): Link =>
  () =>
    all

interface World {
  link: Link
  seconds: number
  left?: number
  habits?: Habits
  /** The share of the time that the reader waits for bytes. */
  waiting?: number
  isAnswered?: (time: number) => boolean
  /** Of other blobs. */
  connections?: number
}

/** Lets one blob come over a link for so long, and tells how many connections it had, as they changed. */
function watch({
  link,
  seconds,
  left = 1e9,
  habits = {},
  waiting = 1,
  isAnswered = () => true,
  connections = 0,
}: World) {
  let time = 0
  const downloads = new Downloads({ now: () => time })
  const growth = new Growth(downloads, habits)
  const had = [1]
  for (let remaining = left; time < seconds * 1000; ) {
    time += tick
    downloads.connections = connections + growth.wanted
    const bytes = (link(growth.wanted) * tick) / 1000
    remaining -= bytes
    growth.came(bytes, tick * waiting)
    growth.consider({ left: remaining, isAnswered: isAnswered(time) })
    if (growth.wanted !== had.at(-1)) had.push(growth.wanted)
  }
  return { had, habits, downloads, growth }
}

describe('the number of connections of one blob', () => {
  it.each<{ what: string; world: World; had: number[]; learned?: number }>([
    {
      what: 'grows where each is throttled',
      world: { link: throttled(4 * mebibyte), seconds: 5 },
      had: [1, 3, 5],
      learned: 5,
    },
    {
      what: 'goes back to one where all share a link',
      world: { link: shared(4 * mebibyte), seconds: 5 },
      had: [1, 3, 1],
    },
    {
      what: 'stays where more brought nothing',
      world: { link: connections => Math.min(connections, 3) * mebibyte, seconds: 5 },
      had: [1, 3, 5, 3],
      learned: 3,
    },
    {
      what: 'stays one where it is fast',
      world: { link: throttled(100 * mebibyte), seconds: 5, left: 1e12 },
      had: [1],
    },
    {
      what: 'stays one where little is left',
      world: { link: throttled(mebibyte), seconds: 5, left: 8 * mebibyte },
      had: [1],
    },
    {
      what: 'stays one where little time is left',
      world: { link: throttled(30 * mebibyte), seconds: 2, left: 50 * mebibyte },
      had: [1],
    },
    { what: 'stays one before it was watched', world: { link: throttled(mebibyte), seconds: 0.7 }, had: [1] },
    {
      what: 'stays one where the reader is slow',
      world: { link: throttled(mebibyte), seconds: 5, waiting: 0.4 },
      had: [1],
    },
    {
      what: 'stays one where parts are not to be had',
      world: { link: throttled(mebibyte), seconds: 5, habits: { noRanges: true } },
      had: [1],
    },
    {
      what: 'stays one where many blobs are fetched',
      world: { link: throttled(mebibyte), seconds: 5, connections: 9 },
      had: [1],
    },
    {
      what: 'goes back where nobody answers the new ones',
      world: { link: shared(mebibyte), seconds: 5, isAnswered: time => time < 900 },
      had: [1, 3, 1],
    },
    {
      what: 'begins with what did well before',
      world: { link: throttled(mebibyte), seconds: 0.1, habits: { connections: 4 } },
      had: [1, 4],
      learned: 4,
    },
  ])('$what', ({ world, had, learned }) => {
    const seen = watch(world)
    expect(seen.had).toEqual(had)
    expect(seen.habits.connections).toBe(learned)
  })

  it('is not tried again for a while, by anybody', () => {
    const { downloads } = watch({ link: shared(4 * mebibyte), seconds: 5 })
    expect(downloads.restUntil).toBeGreaterThan(10_000)
    expect(downloads.isTrying).toBe(false)
  })

  it('is tried by one blob at a time', () => {
    let time = 0
    const downloads = new Downloads({ now: () => time })
    const blobs = [new Growth(downloads, {}), new Growth(downloads, {})]
    for (; time < 850; time += tick)
      for (const growth of blobs) {
        growth.came(mebibyte, tick)
        growth.consider({ left: 1e9, isAnswered: true })
      }
    expect(blobs.map(({ wanted }) => wanted)).toEqual([3, 1])
    blobs[0]?.end()
    expect(downloads.isTrying).toBe(false)
  })
})
