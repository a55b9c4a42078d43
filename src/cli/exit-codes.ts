import type { ErrorCode } from '../model/errors.ts'

/** The one table: what a script sees of each {@link ErrorCode}. */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  FAILED: 1,
  UNSUPPORTED: 1,
  REFUSED: 1,
  EXISTS: 1,
  USAGE: 2,
  REFERENCE_INVALID: 2,
  CONFIG_INVALID: 2,
  NOT_FOUND: 3,
  UNAUTHORIZED: 4,
  DENIED: 4,
  RATE_LIMITED: 5,
  UNREACHABLE: 6,
  TLS_FAILED: 6,
  STALLED: 6,
  SERVER_FAILED: 6,
  CONTENT_MISMATCH: 7,
  CONTENT_INVALID: 7,
  PARTIAL: 8,
  INTERRUPTED: 130,
  TERMINATED: 143,
}
