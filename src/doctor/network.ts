import { type LookupAddress, lookup } from 'node:dns'
import { connect } from 'node:net'
import { isLoopback } from '../config/hosts.ts'
import { bareHost } from '../http/addresses.ts'
import { failureOf } from '../http/failures.ts'
import { RegctlError } from '../model/errors.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
import type { Visit } from './visit.ts'

const mostAddresses = 6

/** Which proxy serves, and why none. */
export const proxyLook: Look = {
  name: 'proxy',
  needs: ['name'],
  async take({ baseUrl, proxyFor, notes }) {
    const choice = proxyFor(new URL(baseUrl))
    notes.proxy = choice
    const { proxy, variable, spared } = choice
    if (proxy) {
      const { host } = new URL(proxy)
      return { status: 'ok', summary: `through ${host}, named by ${variable}`, details: { proxy: host, variable } }
    }
    if (spared === 'exception') return { status: 'ok', summary: 'none: NO_PROXY has this host', details: { spared } }
    if (spared === 'loopback')
      return { status: 'ok', summary: 'none: this machine is reached directly', details: { spared } }
    return { status: 'ok', summary: 'none is set' }
  },
}

/** The addresses of whom we connect to: the registry, or the proxy before it. */
export const dnsLook: Look = {
  name: 'dns',
  needs: ['proxy'],
  async take(visit) {
    const { hostname } = peerOf(visit)
    const addresses = await resolve(bareHost(hostname), visit)
    visit.notes.addresses = addresses
    const details = { host: bareHost(hostname), addresses }
    const [first] = addresses
    if (addresses.length === 1 && first?.address === bareHost(hostname))
      return { status: 'ok', summary: `${bareHost(hostname)} is an address`, details }
    const behind = visit.notes.proxy?.proxy ? ' (the proxy; it resolves the name of the registry itself)' : ''
    const shown = addresses.slice(0, mostAddresses).map(({ address }) => address)
    return { status: 'ok', summary: `${bareHost(hostname)} is ${shown.join(', ')}${behind}`, details }
  },
}

interface Try {
  address: string
  port: number
  milliseconds?: number
  error?: string
}

/** Whether each address answers: a pull may take any of them. */
export const tcpLook: Look = {
  name: 'tcp',
  needs: ['dns'],
  async take(visit) {
    const peer = peerOf(visit)
    const port = portOf(peer)
    const addresses = (visit.notes.addresses ?? []).slice(0, mostAddresses)
    const outcomes = await Promise.all(addresses.map(found => knock(found.address, port, visit)))
    const tries = outcomes.map(({ attempt }) => attempt)
    const failures = outcomes.flatMap(({ failure }) => failure ?? [])
    const details = { tries }
    const [first] = failures
    if (first && failures.length === tries.length) return allFailed(visit, peer, first, details)
    const summary = tries.map(
      ({ address, milliseconds, error }) => `${bracketed(address)}:${port} ${error ?? `${milliseconds} ms`}`,
    )
    // On this machine a registry mostly listens by IPv4 alone.
    if (failures.length === 0 || isLoopback(peer.host)) return { status: 'ok', summary: summary.join(', '), details }
    return {
      status: 'warning',
      summary: summary.join(', '),
      hint: 'not every address answers, so pulls hesitate at times: have the others taken out of the DNS, or their route mended',
      details,
    }
  },
}

function allFailed(visit: Visit, peer: URL, failure: unknown, details: Record<string, unknown>): Finding {
  const { proxy, variable } = visit.notes.proxy ?? {}
  const error = failureOf(failure, peer.host)
  if (!proxy) return failedBy(error, details)
  const registry = new URL(visit.baseUrl).hostname
  return {
    ...failedBy(error, details),
    summary: `the proxy cannot be reached: ${error.message}`,
    hint: `correct or unset ${variable}, or add ${registry} to NO_PROXY if it is reached directly`,
  }
}

/** Whom the connection goes to. */
function peerOf({ baseUrl, notes }: Visit): URL {
  return new URL(notes.proxy?.proxy ?? baseUrl)
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function resolve(host: string, { notes }: Visit): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) =>
    lookup(host, { all: true }, (error, addresses) => {
      if (!error) return resolve(addresses)
      const failure = failureOf(error, host)
      const { proxy, variable } = notes.proxy ?? {}
      if (!proxy) return reject(failure)
      const hint = `correct or unset ${variable}`
      reject(new RegctlError(failure.code, `the proxy cannot be found: ${failure.message}`, { hint, cause: error }))
    }),
  )
}

function knock(
  address: string,
  port: number,
  { connectTimeout, signal }: Visit,
): Promise<{ attempt: Try; failure?: unknown }> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const socket = connect({ host: address, port, ...(signal && { signal }) })
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    }, connectTimeout)
    socket.once('connect', () => {
      resolve({ attempt: { address, port, milliseconds: Math.round(performance.now() - start) } })
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(signal.reason)
      resolve({ attempt: { address, port, error: error.code ?? 'failed' }, failure: error })
    })
    socket.once('close', () => clearTimeout(timer))
  })
}
