import type { Layer } from '../http/http.ts'

/**
 * Docker Hub's interface has told when to come back as `X-Retry-After`, seconds since 1970, and documents `Retry-After` now: the old
 * header becomes the new one, so that a wait is kept either way. @param now milliseconds since 1970
 */
export function epochRetryAfter(now: () => number = Date.now): Layer {
  return next => async request => {
    const response = await next(request)
    const { 'retry-after': told, 'x-retry-after': epoch } = response.headers
    if (response.status !== 429 || told !== undefined || !/^\d{9,11}$/.test(String(epoch ?? ''))) return response
    const seconds = Math.max(0, Math.ceil(Number(epoch) - now() / 1000))
    return { ...response, headers: { ...response.headers, 'retry-after': String(seconds) } }
  }
}
