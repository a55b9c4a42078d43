/** Remembers the last ones of many, so that a notice that is repeated is known as one. */
export interface Seen {
  has(id: string): boolean
  add(id: string): void
}

/** @param most the oldest is forgotten beyond that many (T12) */
export function createSeen(most: number): Seen {
  // A Set keeps the order in which its members came.
  const ids = new Set<string>()
  return {
    has: id => ids.has(id),
    add(id) {
      ids.add(id)
      if (ids.size <= most) return
      const [oldest] = ids
      if (oldest !== undefined) ids.delete(oldest)
    },
  }
}
