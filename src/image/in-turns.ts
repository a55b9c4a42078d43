const atOnce = 8

/** Maps side by side, a few at a time; the results stand in the order of the items. The first failure ends it: nothing more is begun. */
export async function mapInTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length)
  const queue = items.entries()
  let failed = false
  const lane = async () => {
    for (const [at, item] of queue) {
      if (failed) return
      results[at] = await work(item)
    }
  }
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane)
  await Promise.all(lanes).catch(error => {
    failed = true
    throw error
  })
  return results
}
