import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** The protocol code of the first error. */
  code: string | undefined
}

export interface RawOptions {
  headers?: OutgoingHttpHeaders
  body?: string | Uint8Array
  /** Sends the body with `Transfer-Encoding: chunked`. */
  streamed?: boolean
}

/** One request exactly as written: no normalised path, no added headers, no redirect followed. */
export function raw(url: string, method: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { headers = {}, body, streamed = false } = options
  const { hostname, port } = new URL(url)
  const length = streamed ? {} : { 'Content-Length': body === undefined ? 0 : Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent: false }, res => {
      const chunks: Buffer[] = []
      res.on('data', chunk => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: bytes, code: codeOf(bytes) })
      })
    })
    req.on('error', reject)
    if (streamed) req.flushHeaders()
    req.end(body)
  })
}

/** Sends the head and this much of a body, then hangs up. */
export function cut(url: string, method: string, path: string, part: Uint8Array, headers: OutgoingHttpHeaders) {
  const { hostname, port } = new URL(url)
  return new Promise<void>(resolve => {
    const req = request({ hostname, port, method, path, headers, agent: false })
    req.on('error', () => resolve())
    req.on('close', () => resolve())
    req.write(part, () => req.socket?.end(() => req.destroy()))
  })
}

/** Sends the head and this much of a body, then neither goes on nor hangs up. What comes back is the status of its answer. */
export function hang(url: string, method: string, path: string, part: Uint8Array, headers: OutgoingHttpHeaders) {
  const { hostname, port } = new URL(url)
  const req = request({ hostname, port, method, path, headers, agent: false })
  const status = new Promise<number>((resolve, reject) => {
    req.on('response', res => resolve(res.resume().statusCode ?? 0))
    req.on('error', reject)
  })
  req.write(part)
  return status
}

function codeOf(bytes: Buffer): string | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')).errors?.[0]?.code
  } catch {
    return undefined
  }
}
