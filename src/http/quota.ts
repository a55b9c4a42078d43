import type { IncomingHttpHeaders } from 'node:http'
import type { Layer } from './http.ts'

/** How many pulls a registry still grants: Docker Hub counts each GET of a manifest, and no HEAD (PROTOCOL 3.1). */
export interface Quota {
  limit: number
  remaining: number
  /** The time in which that many are granted. */
  windowSeconds: number
}

/** `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 20;w=21600`; `undefined` where the registry says nothing of the kind. */
export function parseQuota(headers: IncomingHttpHeaders): Quota | undefined {
  if (headers['ratelimit-limit'] === undefined) return undefined
  const limit = parseAmount(headers['ratelimit-limit'])
  const remaining = parseAmount(headers['ratelimit-remaining'])
  if (limit?.window === undefined || remaining === undefined) return undefined
  return { limit: limit.amount, remaining: remaining.amount, windowSeconds: limit.window }
}

/** Tells of each answer that speaks of a quota. */
export function quotas(onQuota: (quota: Quota) => void): Layer {
  return next => async request => {
    const response = await next(request)
    const quota = parseQuota(response.headers)
    if (quota) onQuota(quota)
    return response
  }
}

function parseAmount(header: string | string[] | undefined): { amount: number; window?: number } | undefined {
  const [, amount, window] = /^\s*(\d{1,9})\s*(?:;\s*w=(\d{1,9})\s*)?$/.exec(String(header ?? '')) ?? []
  if (amount === undefined) return undefined
  return { amount: Number(amount), ...(window !== undefined && { window: Number(window) }) }
}
