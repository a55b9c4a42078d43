import type { Sleep } from '../../src/http/sleep.ts'

/** Time for one thing after the other: each sleep is over at once, and has taken its time. */
export function jumpingClock(): {
  now: () => number
  sleep: Sleep
  sleeps: number[]
  pass(milliseconds: number): void
} {
  let time = 0
  const sleeps: number[] = []
  return {
    now: () => time,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted()
      sleeps.push(milliseconds)
      time += milliseconds
    },
    sleeps,
    pass: milliseconds => {
      time += milliseconds
    },
  }
}

/** Time for things side by side: it stands still until the test lets it go on, and wakes sleepers in order. */
export function fakeClock(): { now: () => number; sleep: Sleep; advance(milliseconds: number): Promise<void> } {
  let time = 0
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  const next = () => [...sleepers].sort((one, other) => one.at - other.at)[0]
  return {
    now: () => time,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: time + milliseconds, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(milliseconds) {
      const until = time + milliseconds
      await settle()
      for (let sleeper = next(); sleeper && sleeper.at <= until; sleeper = next()) {
        sleepers.delete(sleeper)
        time = Math.max(time, sleeper.at)
        sleeper.wake()
        await settle()
      }
      time = until
      await settle()
    },
  }
}

/** Milliseconds in which this process has its turns: those for which a busy machine lets it stand still are not the program's. */
export function ownTime(): { now: () => number; close(): void } {
  const step = 10
  let time = 0
  let last = performance.now()
  const pass = () => {
    const now = performance.now()
    time += Math.min(now - last, 2 * step)
    last = now
    return time
  }
  const timer = setInterval(pass, step)
  return { now: pass, close: () => clearInterval(timer) }
}
