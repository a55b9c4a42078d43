import type { Config } from '../config/config.ts'
import { cookies } from '../http/cookies.ts'
import { type Send, stack } from '../http/http.ts'
import { createProxy } from '../http/proxy.ts'
import { throttle } from '../http/throttle.ts'
import { createTls } from '../http/tls.ts'
import { type Exchange, trace } from '../http/trace.ts'
import { createWire } from '../http/wire.ts'
import type { MirrorPlace } from '../mirror/address.ts'
import { trustOf } from './trust.ts'

export interface MirrorWiresOptions {
  config: Config
  userAgent: string
  /** Milliseconds that a mirror may be silent. */
  patience: number
  onExchange?: ((exchange: Exchange) => void) | undefined
}

/** The connections to mirrors. */
export interface MirrorWires {
  to(place: MirrorPlace): Send
  close(): void
}

/** Milliseconds: whoever has a second source need not wait long for the first (PROTOCOL 4.4). */
const connectTimeout = 4_000
/** Requests at once to one mirror. */
const requestsAtOnce = 16

/** One pool for all mirrors, and one for each whose engine says something of its TLS: two at one host and port may differ in that (T20). */
export function createMirrorWires({ config, userAgent, patience, onExchange }: MirrorWiresOptions): MirrorWires {
  const pools = new Map<string, { hosts: Set<string>; send: Send; close(): void }>()
  const open = (tls: MirrorPlace['tls']) => {
    const hosts = new Set<string>()
    const wire = createWire({
      userAgent,
      tls: createTls({
        // Whom a mirror redirects to is a stranger.
        filesFor: host => (hosts.has(host) ? { ...tls, ...config.mirror(host) } : config.stranger(host)),
        ...trustOf(config),
      }),
      proxy: createProxy(config.env),
      connectTimeout: Math.min(connectTimeout, patience),
      headerTimeout: patience,
      stallTimeout: patience,
    })
    const send = stack(
      wire.send,
      cookies(),
      throttle({ requestsPerHost: requestsAtOnce }),
      ...(onExchange ? [trace(onExchange)] : []),
    )
    return { hosts, send, close: () => wire.close() }
  }
  return {
    to({ host, tls }) {
      const key = tls === undefined ? '' : `${host} ${JSON.stringify(tls)}`
      const pool = pools.get(key) ?? open(tls)
      pools.set(key, pool)
      pool.hosts.add(host)
      return pool.send
    },
    close() {
      for (const { close } of pools.values()) close()
    },
  }
}
