import type { ServerResponse } from 'node:http'
import { MismatchError, RegctlError } from '../model/errors.ts'

/** The fourteen codes of distribution-spec "Error Codes", and four that distribution adds. */
export type ProtocolCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'RANGE_INVALID'
  | 'TAG_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'UNKNOWN'

export type Headers = Record<string, string | number | string[]>

export interface RefusalDetails {
  /** Any JSON; the digest that is missing, for example. */
  detail?: unknown
  headers?: Headers
}

/** An answer that is no success: HTTP status, protocol code and a sentence for the client. */
export class Refusal extends RegctlError {
  readonly status: number
  readonly protocolCode: ProtocolCode
  readonly detail: unknown
  readonly headers: Headers

  constructor(
    status: number,
    protocolCode: ProtocolCode,
    message: string,
    { detail, headers = {} }: RefusalDetails = {},
  ) {
    super('REFUSED', message)
    this.status = status
    this.protocolCode = protocolCode
    this.detail = detail
    this.headers = headers
  }
}

/** Answers without a body. */
export function respondEmpty(res: ServerResponse, status: number, headers: Headers = {}): void {
  // 204 and 304 have no body by definition and must not announce one (RFC 9110, 8.6).
  res.writeHead(status, status === 204 || status === 304 ? headers : { 'Content-Length': 0, ...headers })
  res.end()
}

export function respondJson(res: ServerResponse, status: number, body: unknown, headers: Headers = {}): void {
  const bytes = Buffer.from(JSON.stringify(body))
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers })
  res.end(bytes)
}

/** Answers with `{"errors":[…]}`, or hangs up when the answer had begun. @returns false for a failure that is the server's own. */
export function respondError(res: ServerResponse, error: unknown): boolean {
  const refusal = asRefusal(error)
  if (res.headersSent) {
    // The status is out: only a cut connection tells the client that its bytes are not whole.
    res.destroy()
  } else {
    const { protocolCode: code, message, detail } = refusal
    respondJson(res, refusal.status, { errors: [{ code, message, detail }] }, refusal.headers)
  }
  return refusal.status < 500
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof MismatchError) return new Refusal(400, 'DIGEST_INVALID', error.message)
  // What went wrong inside may name files of this machine: it goes to whoever runs the server, not to the client.
  return new Refusal(500, 'UNKNOWN', 'the registry failed')
}
