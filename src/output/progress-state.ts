import type { CopyEvent } from '../copy/events.ts'
import type { Descriptor } from '../model/descriptor.ts'

/** Content on its way. */
export interface Transfer {
  content: Descriptor
  /** Bytes that are over, those of earlier attempts included. */
  at: number
}

/** What a person wants to know at one moment. */
export interface Snapshot {
  /** Bytes to account for, of all content found so far. */
  total: number
  /** Bytes settled or on their way: moved, mounted, skipped, or there from an earlier attempt. */
  settled: number
  /** 0 to 100, whole, and 100 only when everything is settled. */
  percent: number
  /** Pieces of content: found and done. */
  found: number
  done: number
  /** Of several in one run: how many are done, and how many there are. */
  images: { done: number; total: number } | undefined
  /** Tags looked up, while it is not known yet what is to be done. */
  tags: number | undefined
  /** Bytes per second over the last seconds; 0 while nothing moves. */
  rate: number
  /** Seconds until the end at this rate; undefined while nobody can tell. */
  secondsLeft: number | undefined
  /** Seconds since a byte moved, when content is on its way and it has been long. */
  stalledFor: number | undefined
  /** Why nothing moves, and for how many seconds still. */
  waiting: { reason: string; seconds: number } | undefined
  /** Requests that were sent again so far. */
  retries: number
  active: readonly Transfer[]
  /** The file here that is being read, while nothing is found yet. */
  reading: { name: string; bytes: number; size: number } | undefined
}

/** Counts what a copy says, without a clock of its own: `now` is milliseconds of any steady clock. */
export interface ProgressState {
  take(event: CopyEvent, now: number): void
  at(now: number): Snapshot
}

/** Seconds: nobody needs to be told of a shorter wait. */
export const leastWait = 1

const windowMs = 5_000
const sampleMs = 250
const stallMs = 10_000

export function createProgressState(): ProgressState {
  const sizes = new Map<string, number>()
  const done = new Set<string>()
  const active = new Map<string, Transfer>()
  let total = 0
  let settledDone = 0
  let inFlight = 0
  let moved = 0
  let retries = 0
  let lastMove: number | undefined
  let images: Snapshot['images']
  let reading: Snapshot['reading']
  let tags: number | undefined
  let wait: { until: number; reason: string } | undefined
  /** Sums of moved bytes, oldest first: one a quarter of a second however many events come. */
  const samples: { at: number; moved: number }[] = []

  function find({ digest, size }: Descriptor): void {
    if (sizes.has(digest)) return
    sizes.set(digest, size)
    total += size
  }

  function start(content: Descriptor, offset: number, now: number): void {
    find(content)
    if (done.has(content.digest)) return
    inFlight += offset - (active.get(content.digest)?.at ?? 0)
    active.set(content.digest, { content, at: offset })
    lastMove = now
  }

  function move(content: Descriptor, bytes: number, now: number): void {
    const transfer = active.get(content.digest)
    moved += bytes
    lastMove = now
    const last = samples.at(-1)
    if (!last || now - last.at >= sampleMs) {
      samples.push({ at: now, moved: moved - bytes })
      while (samples[1] && now - samples[1].at > windowMs) samples.shift()
    }
    if (!transfer) return
    transfer.at += bytes
    inFlight += bytes
  }

  function settle(content: Descriptor): void {
    find(content)
    if (done.has(content.digest)) return
    done.add(content.digest)
    inFlight -= active.get(content.digest)?.at ?? 0
    active.delete(content.digest)
    settledDone += content.size
  }

  /** Others may move on meanwhile; of several waits the longest is told. */
  function waitUntil(until: number, reason: string): void {
    if (!wait || until > wait.until) wait = { until, reason }
  }

  /** Over the window, or since the beginning when that is shorter; a pause counts, so that the rate falls to nothing. */
  function rateAt(now: number): number {
    const first = samples.find(sample => now - sample.at <= windowMs)
    if (!first || now <= first.at) return 0
    return ((moved - first.moved) * 1000) / Math.max(now - first.at, sampleMs)
  }

  return {
    take(event, now) {
      if (event.type === 'found') find(event.content)
      else if (event.type === 'started') start(event.content, event.offset, now)
      else if (event.type === 'moved') move(event.content, event.bytes, now)
      else if (event.type === 'done') settle(event.content)
      else if (event.type === 'images') images = { done: event.done, total: event.total }
      else if (event.type === 'tags') tags = event.count
      else if (event.type === 'retrying') retries++
      else if (event.type === 'reading') reading = { name: event.name, bytes: event.bytes, size: event.size }
      else if (event.seconds >= leastWait) waitUntil(now + event.seconds * 1000, event.reason)
    },
    at(now) {
      const settled = Math.min(total, settledDone + Math.max(0, inFlight))
      const rate = rateAt(now)
      const finished = sizes.size > 0 && done.size === sizes.size
      const quiet = lastMove === undefined ? 0 : now - lastMove
      return {
        total,
        settled,
        percent: percentOf(settled, total, finished),
        found: sizes.size,
        done: done.size,
        images,
        tags: images === undefined && sizes.size === 0 ? tags : undefined,
        rate,
        secondsLeft: rate > 0 ? (total - settled) / rate : undefined,
        stalledFor: active.size > 0 && quiet >= stallMs ? quiet / 1000 : undefined,
        waiting: wait && wait.until > now ? { reason: wait.reason, seconds: (wait.until - now) / 1000 } : undefined,
        retries,
        active: [...active.values()],
        reading: sizes.size === 0 ? reading : undefined,
      }
    },
  }
}

function percentOf(settled: number, total: number, finished: boolean): number {
  if (finished) return 100
  return total === 0 ? 0 : Math.min(99, Math.floor((settled / total) * 100))
}
