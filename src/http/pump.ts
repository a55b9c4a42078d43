import { RegctlError } from '../model/errors.ts'
import { Alarm } from './alarm.ts'
import { noBody } from './body.ts'
import type { Connection } from './connections.ts'
import { answeredEarly, type Timeouts, unreachable } from './exchange.ts'
import { failureOf, isUnknownIssuer } from './failures.ts'
import { type HttpRequest, isRead } from './http.ts'
import { LentBody } from './lent.ts'
import { addressOf } from './location.ts'
import { type Outgoing, sendBody } from './outgoing.ts'
import { OddAnswer, type PumpConnection } from './pump-connection.ts'
import { headOf } from './pump-head.ts'
import { type Line, openAhead, openLine, takeIdle } from './pump-line.ts'
import type { WireResponse } from './redirect.ts'
import { abortReason, cutShort, stalled } from './response-body.ts'
import { createSlabPool, type Gathering, type SlabPool } from './slabs.ts'
import { isReset } from './stale.ts'

export interface Pump {
  /**
   * One request without a proxy in between, the answer's body lent; or `undefined` where it is for the ordinary client, because this server's
   * answers are not plain: then nothing of the request's body was used, and this server is not asked by the pump again.
   * @throws RegctlError as the wire does; when aborted, the signal's reason
   */
  send(outgoing: OutgoingRequest, connection: Connection, timeouts: Timeouts): Promise<WireResponse | undefined>
  /** Opens connections ahead, so that so many are there. */
  prepare(url: Readonly<URL>, connection: Connection, count: number): Promise<void>
  close(): void
}

/** A request, and its body, opened, unless that is empty. */
export interface OutgoingRequest {
  request: HttpRequest
  body?: Outgoing | undefined
}

/** TLS hands over 16 KiB at a time, and gains nothing from larger slabs. */
const slabSizes = { 'https:': 512 * 1024, 'http:': 1024 * 1024 }
/** As many connections may stand idle and have gone stale; after that it is no accident. */
const maxStale = 32

/** Carries what needs no proxy beside the wire, bodies from the socket into memory that is lent on: a third of a client's time and memory (BENCH.md). */
export function createPump(userAgent: string): Pump {
  const lines = new Map<Connection, Line>()
  const lineOf = (connection: Connection) => {
    const line = lines.get(connection) ?? { idle: [], session: undefined, isOdd: false }
    lines.set(connection, line)
    return line
  }
  const pools = { 'https:': createSlabPool(slabSizes['https:']), 'http:': createSlabPool(slabSizes['http:']) }

  return {
    async send({ request, body }, connection, timeouts) {
      const url = addressOf(request.url)
      const line = lineOf(connection)
      const head = line.isOdd ? undefined : headOf(request, url, userAgent)
      if (head === undefined) return undefined
      const pool = url.protocol === 'https:' ? pools['https:'] : pools['http:']
      // A connection is not kept waiting for the source.
      await body?.peek()
      for (let turn = 1; ; turn++) {
        request.signal?.throwIfAborted()
        const { secureContext } = connection
        const link = takeIdle(line) ?? (await openLine(url, connection, line))
        try {
          return await ask(link, head, { request, body, host: url.host, line, timeouts, pool })
        } catch (error) {
          if (request.signal?.aborted) throw abortReason(request.signal)
          if (body?.failure) throw body.failure.reason
          if (error instanceof OddAnswer) {
            line.isOdd = true
            // What may have had its effect is not sent a second time; a GET or HEAD is.
            if (isRead(request)) return undefined
            throw notPlain(url.host)
          }
          // Nothing was sent yet: it may still be somebody whom this machine trusts.
          if (isUnknownIssuer(error) && connection.widen() !== secureContext) continue
          if (turn > maxStale || !mayAskAgain(link, { request, body }, error)) throw failureOf(error, url.host)
        }
      }
    },
    async prepare(url, connection, count) {
      const line = lineOf(connection)
      if (!line.isOdd) await openAhead(url, connection, { line, count })
    },
    close() {
      for (const { idle } of lines.values()) for (const link of idle.splice(0)) link.destroy()
      lines.clear()
    },
  }
}

/** Closed by the server in the very moment it was used again: nothing was looked at (RFC 9112, 9.3.1). */
function mayAskAgain(link: PumpConnection, { request, body }: OutgoingRequest, error: unknown): boolean {
  if (!link.isReused || link.hasHeard || !isReset(error)) return false
  return body ? !body.isTouched : !request.once
}

/** The answer is lost, and what it was an answer to may be done: as if the connection had broken. */
function notPlain(host: string): RegctlError {
  return new RegctlError('UNREACHABLE', `${host} does not answer in plain HTTP/1.1`, { hint: 'try again' })
}

interface Asking extends OutgoingRequest {
  host: string
  line: Line
  timeouts: Timeouts
  pool: SlabPool
}

async function ask(link: PumpConnection, head: string, asking: Asking): Promise<WireResponse> {
  const { request, body, host, line, timeouts, pool } = asking
  const { signal } = request
  const timer = new Alarm()
  let answer: LentBody | undefined
  const abort = () => (answer ?? link).destroy(abortReason(signal))
  const settle = () => {
    timer.end()
    signal?.removeEventListener('abort', abort)
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (!link.isReady) {
      timer.set(timeouts.connect, seconds =>
        link.destroy(unreachable(`no connection to ${host} came about in ${seconds} seconds`)),
      )
      await link.ready
    }
    const answering = link.ask(head, {
      method: request.method,
      hasBody: body !== undefined,
      pool,
      describe(error) {
        if (error instanceof OddAnswer) line.isOdd = true
        return cutShort(error, host)
      },
      onFree: () => line.idle.push(link),
      onWait(isWaiting) {
        if (!isWaiting) return timer.clear()
        timer.set(timeouts.stall, seconds => answer?.destroy(stalled(`${host} sent nothing for ${seconds} seconds`)))
      },
    })
    const upload = body && uploading(link, { request, body, host, timeouts, timer })
    if (!body) awaitAnswer(link, { host, timeouts, timer })
    const { status, headers, length, chunks } = await answering
    const isRefusal = (await upload?.answered(status, chunks)) ?? false
    timer.clear()
    const shared = { status, headers, url: request.url, remoteAddress: link.remoteAddress }
    // Nobody reads what can have no body, or an empty one to anything but a GET.
    if (length === 0 && (request.method !== 'GET' || status === 204 || status === 304)) {
      settle()
      chunks.drop()
      return { ...shared, body: noBody }
    }
    answer = new LentBody(isRefusal ? untilCut(chunks) : chunks, error => {
      settle()
      chunks.drop()
      // Read to its end, the connection may be somebody else's by now, and theirs to close.
      if (chunks.left > 0) link.destroy(error)
    })
    if (signal?.aborted) abort()
    return { ...shared, body: answer }
  } catch (error) {
    settle()
    throw error
  }
}

type Watch = Pick<Asking, 'host' | 'timeouts'> & { timer: Alarm }

function awaitAnswer(link: PumpConnection, { host, timeouts, timer }: Watch): void {
  timer.set(timeouts.headers, seconds => link.destroy(stalled(`${host} did not answer for ${seconds} seconds`)))
}

/**
 * Sends the body while the answer is waited for. `answered` is told of it, and tells whether it is a refusal that came before all was sent:
 * then no more is. That all is well is believed only of who has got everything.
 */
function uploading(
  link: PumpConnection,
  watch: Watch & Required<OutgoingRequest>,
): { answered(status: number, chunks: Gathering): Promise<boolean> } {
  const { body, host, timeouts, timer } = watch
  let isAnswered = false
  let isRefused = false
  const onWrite = (isWriting: boolean) => {
    if (isRefused) return
    if (!isWriting) return timer.clear()
    timer.set(timeouts.stall, seconds => link.destroy(stalled(`${host} took nothing for ${seconds} seconds`)))
  }
  const sending = sendBody(link.out, watch, onWrite)
  sending.then(
    isTaken => {
      link.sent(isTaken)
      if (isTaken && !isAnswered) awaitAnswer(link, watch)
    },
    // A refusal is still being read, and closes by itself.
    error => isRefused || link.destroy(error),
  )
  return {
    async answered(status, chunks) {
      isAnswered = true
      isRefused = !link.isSent && status >= 300
      if (isRefused) body.destroy()
      else if (!link.isSent) await theRest(chunks)
      return isRefused
    },
  }

  async function theRest(chunks: Gathering): Promise<void> {
    const isTaken = await sending.catch(error => {
      chunks.drop()
      throw error
    })
    if (isTaken) return
    link.destroy()
    chunks.drop()
    throw answeredEarly(host)
  }
}

/** The server may hang up behind a refusal; its text may then be cut off: its status is what counts. */
async function* untilCut(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  } catch {
    // What came, came.
  }
}
