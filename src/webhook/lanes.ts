/** Work in lanes: one at a time and in order within a lane, side by side in different ones, and no more waiting than there is room for. */
export interface Lanes<T> {
  /** Takes all of them or, where there is no room, none. More than there is room for at all are taken when nothing else waits. */
  offer(items: readonly T[]): boolean
  /** Resolves when nothing is waiting or being worked on. */
  drained(): Promise<void>
  /** Waiting and being worked on. */
  size(): number
}

export interface LaneOptions<T> {
  laneOf(item: T): string
  /** Never rejects. */
  work(item: T): Promise<void>
  /** Lanes worked on at once. */
  concurrency: number
  capacity: number
}

export function createLanes<T>({ laneOf, work, concurrency, capacity }: LaneOptions<T>): Lanes<T> {
  const waiting = new Map<string, T[]>()
  /** Lanes with something waiting that nobody works on, in the order of their turns. */
  const ready: string[] = []
  let [size, active] = [0, 0]
  let whenDrained: (() => void)[] = []

  const next = () => {
    while (active < concurrency) {
      const lane = ready.shift()
      if (lane === undefined) return
      active++
      void run(lane)
    }
  }
  const run = async (lane: string) => {
    const items = waiting.get(lane) ?? []
    const item = items.shift()
    if (item !== undefined) await work(item)
    active--
    size--
    // To the end of the row: a busy lane does not keep the others waiting.
    if (items.length > 0) ready.push(lane)
    else waiting.delete(lane)
    next()
    if (size > 0) return
    for (const resolve of whenDrained) resolve()
    whenDrained = []
  }
  return {
    size: () => size,
    offer(items) {
      if (size > 0 && size + items.length > capacity) return false
      for (const item of items) {
        size++
        const lane = laneOf(item)
        const line = waiting.get(lane)
        if (line) line.push(item)
        else {
          waiting.set(lane, [item])
          ready.push(lane)
        }
      }
      next()
      return true
    },
    drained: () =>
      size === 0
        ? Promise.resolve()
        : new Promise(resolve => {
            whenDrained.push(resolve)
          }),
  }
}
