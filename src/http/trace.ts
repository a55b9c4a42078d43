import { RegctlError } from '../model/errors.ts'
import type { Layer } from './http.ts'
import { redactText, redactUrl } from './redact.ts'

/** One request and its answer, fit for a log: the address is redacted, headers and bodies are left out (T15). */
export interface Exchange {
  method: string
  url: string
  status?: number
  error?: string
  /** From sending until the headers were there. */
  milliseconds: number
  /** Content-Length of the answer, where it says. */
  bytes?: number
}

/** Tells of every exchange on the wire; innermost, so that retries, redirects and logins each have their line. */
export function trace(onExchange: (exchange: Exchange) => void, now: () => number = () => performance.now()): Layer {
  return next => async request => {
    const { method } = request
    const url = redactUrl(request.url)
    const start = now()
    try {
      const response = await next(request)
      const exchange: Exchange = { method, url, status: response.status, milliseconds: now() - start }
      const length = response.headers['content-length']
      if (length !== undefined && /^\d+$/.test(length)) exchange.bytes = Number(length)
      onExchange(exchange)
      return response
    } catch (error) {
      onExchange({ method, url, error: describe(error), milliseconds: now() - start })
      throw error
    }
  }
}

function describe(error: unknown): string {
  if (error instanceof RegctlError) return redactText(error.message)
  return error instanceof Error ? error.name : 'error'
}
