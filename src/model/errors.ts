/** What went wrong, as a stable word. `cli/exit-codes.ts` turns each into an exit code. */
export type ErrorCode =
  | 'USAGE'
  | 'REFERENCE_INVALID'
  | 'CONFIG_INVALID'
  | 'NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'RATE_LIMITED'
  | 'UNREACHABLE'
  | 'TLS_FAILED'
  | 'STALLED'
  | 'SERVER_FAILED'
  | 'CONTENT_MISMATCH'
  | 'CONTENT_INVALID'
  | 'PARTIAL'
  | 'INTERRUPTED'
  | 'TERMINATED'
  | 'UNSUPPORTED'
  | 'REFUSED'
  | 'EXISTS'
  | 'FAILED'

export interface ErrorDetails {
  /** What to try next: one sentence. */
  hint?: string
  cause?: unknown
}

/** The one root of every error this library throws on purpose. The message is a sentence: what, where; never a secret. */
export class RegctlError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.hint = hint
  }
}

/** A repository, tag, manifest, blob or file that is not there. */
export class NotFoundError extends RegctlError {
  constructor(message: string, details?: ErrorDetails) {
    super('NOT_FOUND', message, details)
  }
}

/** Bytes that are not what their descriptor promises: wrong digest, or shorter or longer than its size. */
export class MismatchError extends RegctlError {
  constructor(message: string, details?: ErrorDetails) {
    super('CONTENT_MISMATCH', message, details)
  }
}

/** Content that cannot be trusted to mean one thing: malformed, ambiguous, mislabelled or over a limit. */
export class InvalidContentError extends RegctlError {
  constructor(message: string, details?: ErrorDetails) {
    super('CONTENT_INVALID', message, details)
  }
}

/** Whether an error says that something is not there. */
/** A failure among several, as results and JSON have it. */
export interface FailureWords {
  code: ErrorCode
  message: string
}

export function wordsOf({ code, message }: RegctlError): FailureWords {
  return { code, message }
}

/** The same failure in other words. */
export function reworded(error: RegctlError, message: string): RegctlError {
  return new RegctlError(error.code, message, { hint: error.hint, cause: error })
}

/** The code of an error of the system, `ENOENT`; empty for one that has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Whether a registry, or another place, says that it does not have what it was asked for. */
export function isNotFound(error: unknown): error is RegctlError {
  return error instanceof RegctlError && error.code === 'NOT_FOUND'
}

/** What speaks of a registry, of the network or of this run, and not of one thing among many: with the next it would be the same. */
const ofAll: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHORIZED',
  'RATE_LIMITED',
  'UNREACHABLE',
  'TLS_FAILED',
  'INTERRUPTED',
  'TERMINATED',
])

/** Whether an error speaks of one thing among many, so that the others may still go well; what was not foreseen does not. */
export function concernsOne(error: unknown): error is RegctlError {
  return error instanceof RegctlError && !ofAll.has(error.code)
}
