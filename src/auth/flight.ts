/** Work that several callers wait for together. */
export interface Flight<T> {
  /** Waits for the result. A caller's abort ends its own waiting; the work itself is aborted when nobody waits any more. */
  join(signal?: AbortSignal): Promise<T>
  /** Settles with the work, for whoever keeps the books. */
  readonly result: Promise<T>
  /** Everybody left before it was done: its result will not come. */
  readonly abandoned: boolean
}

/** Starts the work at once. Its failure reaches everybody who joined. */
export function startFlight<T>(work: (signal: AbortSignal) => Promise<T>): Flight<T> {
  const control = new AbortController()
  const result = work(control.signal)
  // Whoever joins hears of a failure; before that it is nobody's.
  result.catch(() => {})
  let waiting = 0
  return {
    result,
    get abandoned() {
      return control.signal.aborted
    },
    join(signal) {
      if (signal?.aborted) {
        if (waiting === 0) control.abort(signal.reason)
        return Promise.reject(signal.reason)
      }
      waiting++
      return new Promise<T>((resolve, reject) => {
        const leave = () => {
          waiting--
          reject(signal?.reason)
          if (waiting === 0) control.abort(signal?.reason)
        }
        signal?.addEventListener('abort', leave, { once: true })
        result.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave))
      })
    },
  }
}
