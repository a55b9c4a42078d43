import { codeOf, RegctlError } from '../model/errors.ts'

const stale = new WeakSet<RegctlError>()

/**
 * Notes that a connection broke which had been kept from an earlier request, before a byte of the answer: most often the server had
 * closed it a moment ago, and nothing of the request was looked at (RFC 9112, 9.3.1). Hands the error back.
 */
export function noteStale(error: RegctlError, reused: boolean | undefined): RegctlError {
  if (reused && error.code === 'UNREACHABLE' && isReset(error.cause)) stale.add(error)
  return error
}

/** Whether the other side closed a connection that was still written to or read from. */
export function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error))
}

export function isStale(error: unknown): boolean {
  return error instanceof RegctlError && stale.has(error)
}
