import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { bareHost } from '../http/addresses.ts'
import { proxyLogin } from '../http/proxy.ts'
import { RegctlError } from '../model/errors.ts'
import { portOf } from './network.ts'
import type { Visit } from './visit.ts'

/** A connection to the registry without TLS so far, through its proxy where there is one. @throws Error of the system; RegctlError UNREACHABLE when the proxy refuses */
export async function openTunnel(visit: Visit): Promise<Socket> {
  const { baseUrl, notes, connectTimeout, signal } = visit
  const url = new URL(baseUrl)
  if (notes.proxy?.proxy) return throughProxy(url, new URL(notes.proxy.proxy), visit)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: bareHost(url.hostname),
      port: portOf(url),
      timeout: connectTimeout,
      ...(signal && { signal }),
    })
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    // An error behind that is told by whoever has the connection then.
    socket.on('error', reject)
    socket.once('connect', () => resolve(socket.setTimeout(0)))
  })
}

function throughProxy(url: URL, proxy: URL, { notes, connectTimeout, signal }: Visit): Promise<Socket> {
  const send = proxy.protocol === 'https:' ? requestTls : request
  const there = `${url.hostname}:${portOf(url)}`
  return new Promise((resolve, reject) => {
    const asked = send({
      host: bareHost(proxy.hostname),
      port: portOf(proxy),
      method: 'CONNECT',
      path: there,
      headers: { host: there, ...proxyLogin(proxy) },
      timeout: connectTimeout,
      ...(signal && { signal }),
    })
    asked.once('timeout', () => asked.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    asked.once('error', reject)
    asked.once('response', response => response.resume())
    asked.once('connect', ({ statusCode = 0 }, socket) => {
      socket.on('error', reject)
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(refusedBy(proxy, there, { statusCode, variable: notes.proxy?.variable }))
    })
    asked.end()
  })
}

function refusedBy(
  proxy: URL,
  there: string,
  { statusCode, variable }: { statusCode: number; variable: string | undefined },
) {
  const hint =
    statusCode === 407
      ? `give the proxy its login: ${variable}=http://USER:PASSWORD@${proxy.host}`
      : `ask whoever runs the proxy to let ${there} through, or add the host to NO_PROXY`
  return new RegctlError('UNREACHABLE', `the proxy ${proxy.host} does not connect us to ${there} (${statusCode})`, {
    hint,
  })
}
