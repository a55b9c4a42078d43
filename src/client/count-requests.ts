import type { Layer } from '../http/http.ts'

/** A layer that counts what is sent through it. */
export function countRequests(): { count: () => number; counting: Layer } {
  let sent = 0
  return {
    count: () => sent,
    counting: next => request => {
      sent++
      return next(request)
    },
  }
}
