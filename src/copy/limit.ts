/** Runs at most `size` pieces of work at once, in the order they came. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** A limit wraps single transfers, never the wait for children, so that one lane cannot deadlock. */
export function createLimit(size: number): Limit {
  let running = 0
  const waiting: (() => void)[] = []
  return async work => {
    if (running >= size) await new Promise<void>(start => waiting.push(start))
    else running++
    try {
      return await work()
    } finally {
      // The place is handed on, so that nobody who comes in between can take it.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
