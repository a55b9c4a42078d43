import type { IncomingMessage } from 'node:http'
import { InvalidContentError } from '../model/errors.ts'
import { type Notices, normalize } from './normalize.ts'
import { isSignatureRight, isSigned, knowsSecret, type Shown } from './secret.ts'
import type { Reason } from './tally.ts'

/** T12, T24: all products' notices are a few KiB. */
export const mostBytes = 1024 * 1024

export interface Expected {
  /** Begins with a slash and ends without one, but for `/` alone. */
  path: string
  secret?: string | undefined
  blobs?: boolean | undefined
}

/** A request that gets no further, and what its sender is told. */
export class Refused extends Error {
  readonly reason: Reason
  readonly status: number

  constructor(reason: Reason, status: number, message: string) {
    super(message)
    this.reason = reason
    this.status = status
  }
}

/**
 * The notices of one request, after all that must be right about it. Who does not know the secret is sent away before anything of the body is
 * read, unless the body is what is signed.
 * @throws Refused
 */
export async function readRequest(req: IncomingMessage, expected: Expected): Promise<Notices> {
  const shown = checkAddress(req, expected.path)
  const { secret } = expected
  const isOpen = secret === undefined || (!isSigned(shown) && knowsSecret(shown, secret))
  const wrong = new Refused('secret', 401, 'the secret is wrong or missing')
  if (!isOpen && !isSigned(shown)) throw wrong
  const body = await readBody(req)
  if (!isOpen && !isSignatureRight(shown, body, secret)) throw wrong
  try {
    return normalize(body, { blobs: expected.blobs })
  } catch (error) {
    throw error instanceof InvalidContentError ? new Refused('malformed', 400, error.message) : error
  }
}

function checkAddress(req: IncomingMessage, path: string): Shown {
  if (req.method !== 'POST') throw new Refused('method', 405, 'notices are sent with POST')
  // No sender of notices has one, every browser does: a web page may not post to a listener on its reader's own machine.
  if (req.headers.origin !== undefined) throw new Refused('browser', 403, 'web pages may not send notices')
  const url = new URL(`http://localhost${req.url?.startsWith('/') ? req.url : '/'}`)
  const pathToken = tokenBehind(url.pathname, path)
  if (pathToken === undefined) throw new Refused('path', 404, 'notices are not sent here')
  return {
    headers: req.headers,
    pathToken: pathToken || undefined,
    queryToken: url.searchParams.get('token') ?? undefined,
  }
}

/** `''` where nothing follows, `undefined` for another path; at most one part more. */
function tokenBehind(pathname: string, path: string): string | undefined {
  const base = path === '/' ? '' : path
  if (pathname !== base && !pathname.startsWith(`${base}/`)) return undefined
  const rest = pathname.slice(base.length + 1)
  if (rest.includes('/')) return undefined
  try {
    return decodeURIComponent(rest)
  } catch {
    return undefined
  }
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const oversized = new Refused('oversized', 413, `a notice has at most ${mostBytes} bytes`)
  if (Number(req.headers['content-length'] ?? 0) > mostBytes) throw oversized
  const coding = req.headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') throw new Refused('malformed', 415, 'notices are sent without a content-encoding')
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of req.iterator({ destroyOnReturn: false })) {
      size += part.length
      if (size > mostBytes) throw oversized
      parts.push(part)
    }
  } catch (cause) {
    throw cause === oversized ? cause : new Refused('broken', 400, 'the request broke off')
  }
  return Buffer.concat(parts)
}
