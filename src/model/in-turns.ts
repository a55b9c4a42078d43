/** Things done at once where nobody says how many: `--jobs`. */
export const defaultJobs = 8

/**
 * Maps side by side, a few at a time; the results stand in the order of the items. After the first failure nothing more is begun, and
 * what is under way is waited for: nobody writes on behind the back of who was told.
 */
export async function mapInTurns<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce: number = defaultJobs,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  const queue = items.entries()
  let failed = false
  const lane = async () => {
    for (const [at, item] of queue) {
      if (failed) return
      try {
        results[at] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane)
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
  return results
}

/** As {@link mapInTurns} over a list that is still coming in: results in its order, each as soon as those before it are there. */
export async function* streamInTurns<T, R>(
  items: AsyncIterable<T> | readonly T[],
  work: (item: T) => Promise<R>,
  atOnce: number = defaultJobs,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = []
  try {
    for await (const item of items) {
      underWay.push(work(item))
      if (underWay.length < atOnce) continue
      yield await (underWay.shift() as Promise<R>)
    }
    for (let next = underWay.shift(); next; next = underWay.shift()) yield await next
  } finally {
    // Whoever stops reading, or sees one fail, is not told of the others.
    await Promise.allSettled(underWay)
  }
}
