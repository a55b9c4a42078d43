import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { RegctlError } from '../model/errors.ts'
import { failureOf } from './failures.ts'
import { type HttpRequest, isRead } from './http.ts'
import { type Outgoing, sendBody } from './outgoing.ts'
import type { WireResponse } from './redirect.ts'
import { abortReason, ResponseBody, stalled } from './response-body.ts'
import { noteStale } from './stale.ts'

/** Milliseconds. */
export interface Timeouts {
  connect: number
  /** From the last byte sent to the answer's headers. */
  headers: number
  /** Without a byte moving. */
  stall: number
}

export interface ExchangeOptions {
  request: HttpRequest
  /** The request's body, opened; absent when it is empty. */
  body: Outgoing | undefined
  /** The proxy in between, as `host:port`. */
  proxy: string | undefined
  timeouts: Timeouts
}

/**
 * Sends one request's body over a carrier, a client's stream that emits Node's own request as `request`, and settles with the answer as soon as
 * its headers are there, also when the server answers before it has read the body and hangs up (a 401 or 413). When it fails, the caller
 * destroys the body it opened.
 */
export function exchange(carrier: Duplex, options: ExchangeOptions): Promise<WireResponse> {
  const { request, body, proxy, timeouts } = options
  const { signal } = request
  const { host } = new URL(request.url)
  let native: ClientRequest | undefined
  let phase: 'connecting' | 'uploading' | 'waiting' | 'answered' | 'failed' = 'connecting'
  let uploaded = false
  let isBodySent = body === undefined
  let writing = false
  let refusedEarly = false
  let timer: NodeJS.Timeout | undefined

  return new Promise((resolve, reject) => {
    const settle = (next: 'answered' | 'failed') => {
      phase = next
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: unknown) => {
      if (phase === 'answered' || phase === 'failed') return
      settle('failed')
      carrier.destroy()
      reject(error)
    }
    const abort = () => fail(abortReason(signal))
    const wait = (milliseconds: number, error: (seconds: number) => RegctlError) => {
      clearTimeout(timer)
      timer = setTimeout(() => fail(error(Math.round(milliseconds / 1000))), milliseconds)
    }
    const enter = (next: 'uploading' | 'waiting') => {
      if (phase === 'answered' || phase === 'failed') return
      phase = next
      if (next === 'uploading' && !writing) clearTimeout(timer)
      else if (next === 'uploading')
        wait(timeouts.stall, seconds => stalled(`${host} took nothing for ${seconds} seconds`))
      else wait(timeouts.headers, seconds => stalled(`${host} did not answer for ${seconds} seconds`))
    }

    signal?.addEventListener('abort', abort, { once: true })
    wait(timeouts.connect, seconds => unreachable(`no connection to ${host} came about in ${seconds} seconds`))

    // Stays on after the answer: what breaks then is told by the answer's body.
    carrier.on('error', error => fail(noteStale(failureOf(error, host, proxy), native?.reusedSocket)))
    const watch = (sent: ClientRequest) => {
      native = sent
      sent.once('proxyConnect', ({ statusCode }: { statusCode?: number }) => {
        if (statusCode !== undefined && statusCode !== 200) fail(proxyRefusal(proxy, host, statusCode))
      })
      sent.once('socket', socket => whenConnected(socket, () => enter(uploaded ? 'waiting' : 'uploading')))
    }
    carrier.once('request', watch)
    carrier.once('response', (incoming: IncomingMessage) => {
      if (phase === 'failed') {
        incoming.destroy()
        return
      }
      const status = incoming.statusCode ?? 0
      if (status === 407 && proxy !== undefined) return fail(proxyRefusal(proxy, host, status))
      refusedEarly = !uploaded && status >= 300
      const isEarly = !isBodySent && !refusedEarly
      const onClose = () => {
        // A connection with half a request on it cannot carry another.
        if (!uploaded) native?.destroy()
      }
      const answer = new ResponseBody(incoming, { host, stallTimeout: timeouts.stall, signal, onClose })
      if (refusedEarly) {
        body?.destroy()
        answer.takeEarly()
      }
      const remoteAddress = proxy === undefined ? incoming.socket.remoteAddress : undefined
      const handOver = () => {
        settle('answered')
        if (isBodyless(request, incoming)) answer.resume()
        resolve({ status, headers: incoming.headers, url: request.url, body: answer, remoteAddress })
      }
      if (!isEarly) return handOver()
      // That all is well is believed only of who has got everything; got says of what came too late that it was taken.
      sending.then(isTaken => (isTaken && !native?.destroyed ? handOver() : fail(answeredEarly(host))), fail)
    })
    const onWrite = (isWriting: boolean) => {
      writing = isWriting
      if (phase === 'uploading') enter('uploading')
    }
    const sending = body ? sendBody(carrier, { request, body }, onWrite) : Promise.resolve(true)
    const ending = sending.then(isTaken => {
      isBodySent = isTaken
      return isTaken && ended(carrier, request)
    })
    ending.then(
      isTaken => {
        uploaded = isTaken
        if (phase === 'uploading' && isTaken) enter('waiting')
      },
      error => {
        // The server answered and waits for the rest, which does not come; a refusal is still being read, and closes by itself.
        if (phase === 'answered' && !refusedEarly) native?.destroy()
        fail(error)
      },
    )
  })
}

async function ended(carrier: Duplex, request: HttpRequest): Promise<boolean> {
  if (!isRead(request)) await new Promise<void>(resolve => carrier.end(resolve))
  return true
}

function whenConnected(socket: Socket, then: () => void): void {
  const secure = 'encrypted' in socket && socket.encrypted === true
  const securing = 'secureConnecting' in socket && socket.secureConnecting === true
  if (!socket.connecting && !securing) then()
  else socket.once(secure ? 'secureConnect' : 'connect', then)
}

/** Answers that can have no body, and empty ones to anything but GET: nobody reads those, and unread they keep the connection. */
function isBodyless({ method }: HttpRequest, { statusCode, headers }: IncomingMessage): boolean {
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return true
  return method !== 'GET' && headers['content-length'] === '0'
}

/** Of a proxy's refusal only the status is told: its page is a stranger's, and it never came from the registry (T23). */
function proxyRefusal(proxy: string | undefined, host: string, status: number): RegctlError {
  if (status === 407) {
    const hint = 'put them into HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT'
    return new RegctlError('UNAUTHORIZED', `the proxy ${proxy} wants a user and password`, { hint })
  }
  const hint = `ask whoever runs the proxy, or add ${host} to NO_PROXY`
  return new RegctlError('UNREACHABLE', `the proxy ${proxy} gave no way to ${host}: it answered ${status}`, { hint })
}

/** Whoever says that it is done before it has got everything has not done what was asked. */
export function answeredEarly(host: string): RegctlError {
  return new RegctlError('UNREACHABLE', `${host} answered before it had got everything that was sent`, {
    hint: 'try again; a proxy or firewall may be in between',
  })
}

/** No connection came about. */
export function unreachable(sentence: string): RegctlError {
  return new RegctlError('UNREACHABLE', sentence, {
    hint: 'check the network, and whether a proxy is needed (HTTPS_PROXY)',
  })
}
