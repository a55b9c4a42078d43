import { authorize } from '../auth/authorize.ts'
import { createTokenCache } from '../auth/token-cache.ts'
import type { Config } from '../config/config.ts'
import { baseUrl } from '../config/hosts.ts'
import type { RealmPins } from '../config/pins.ts'
import type { CredentialSource } from '../credentials/credentials.ts'
import { cookies } from '../http/cookies.ts'
import { type Layer, type Send, stack } from '../http/http.ts'
import { neighbours } from '../http/neighbours.ts'
import { createPace, type Wait } from '../http/pace.ts'
import { createProxy, explainProxy, type ProxyChoice } from '../http/proxy.ts'
import { type Quota, quotas } from '../http/quota.ts'
import { createRequestRate } from '../http/rate.ts'
import { redirect } from '../http/redirect.ts'
import { type Retry, retry } from '../http/retry.ts'
import { throttle } from '../http/throttle.ts'
import { authorityFiles, createTls, type TlsSettings } from '../http/tls.ts'
import { type Exchange, trace } from '../http/trace.ts'
import { warnings } from '../http/warnings.ts'
import { createWire } from '../http/wire.ts'
import { defaultJobs } from '../model/in-turns.ts'
import type { Notify } from '../model/notice.ts'
import { apiHost } from '../model/reference.ts'
import { type Registry, type RegistryMemory, registryMemory } from '../registry/endpoint.ts'
import { countRequests } from './count-requests.ts'
import { trustOf } from './trust.ts'

export interface TransportOptions {
  config: Config
  credentials: CredentialSource
  pins: RealmPins
  userAgent: string
  notify?: Notify | undefined
  onExchange?: ((exchange: Exchange) => void) | undefined
  onWait?: ((wait: Wait) => void) | undefined
  onRetry?: ((again: Retry) => void) | undefined
  /** Milliseconds that a host which has served us before may fail without one success in between; 60 000 when absent. */
  patience?: number | undefined
}

/** How a client reaches registries: one pool of connections, one cache of tokens, a stack of behaviours for each registry. */
export interface Transport {
  baseUrl(registry: string): string
  /** Without credentials of its own: for the first words with a registry. */
  plain: Send
  /** One try and no redirect: what a server says at first, for who wants to know why it fails. */
  bare: Send
  /** By what an address is reached. */
  way: Way
  /** For token services: a secret stays at the origin it was meant for, so redirects are theirs to judge (T2, T6). */
  tokenSend: Send
  /** For a product's own interface beside `/v2/`: with cookies of its own (2.9, T22), and no login but what a layer brings. */
  manage(...layers: Layer[]): Send
  /** A registry with its authorization, and a count of what was sent to it. */
  connect(registry: string): Promise<{ registry: Registry; requests: () => number }>
  /** Token services besides the registry itself that may see its password (T2). */
  trustedRealms(registry: string): Promise<string[]>
  /** What a registry last said of the pulls it still grants; `undefined` when it said nothing. */
  quota(registry: string): Quota | undefined
  /** Closes connections, and leaves for the next run what was learned. */
  close(): Promise<void>
}

/** What {@link Transport} decides before it connects. */
export interface Way {
  /** @throws RegctlError CONFIG_INVALID */
  proxyFor(url: URL): ProxyChoice
  /** @throws RegctlError CONFIG_INVALID */
  tlsFor(origin: string): Promise<TlsSettings | undefined>
  /** Files of authorities that are trusted there besides the system's. */
  authorityFiles(origin: string): Promise<string[]>
  /** Milliseconds until a connection stands. */
  connectTimeout: number
}

/** Of looks at the way; a transfer is more patient. */
const defaultConnectSeconds = 10
/** A transfer has a body on its way, and asks something beside it. */
const requestsPerJob = 2

export function createTransport(options: TransportOptions): Transport {
  const { config, notify, onExchange, onWait, onRetry, patience } = options
  // Certificates of the flags are for registries that the command names; anybody else is met with what the file says (T6, T20).
  const named = new Map<string, string>()
  const settingsOf = (host: string) => config.host(named.get(host) ?? host)
  const tlsOptions = {
    filesFor: (host: string) => (named.has(host) ? settingsOf(host) : config.stranger(host)),
    ...trustOf(config),
  }
  const tlsFor = createTls(tlsOptions)
  const wire = createWire({
    userAgent: options.userAgent,
    tls: tlsFor,
    proxy: createProxy(config.env),
    ...(config.connectTimeout !== undefined && { connectTimeout: config.connectTimeout * 1000 }),
    ...(config.stallTimeout !== undefined && { stallTimeout: config.stallTimeout * 1000 }),
  })
  const pace = createPace({ onWait, ...(patience !== undefined && { patience }) })
  const inTurn = config.requestsPerSecond === undefined ? undefined : createRequestRate(config.requestsPerSecond)
  const requestsPerHost = requestsPerJob * (config.jobs ?? defaultJobs)
  const passing = stack(
    wire.send,
    throttle({
      requestsPerHost: host => settingsOf(host).requests ?? requestsPerHost,
      ready: async (host, signal) => {
        await pace.of(host).ready(signal)
        await inTurn?.(host, signal)
      },
    }),
    ...(onExchange ? [trace(onExchange)] : []),
  )
  const shared = stack(passing, cookies())
  const managed = stack(passing, cookies())
  const patient = retry({ pace, onRetry })
  const plain = stack(shared, patient, redirect())
  const tokenSend = stack(shared, patient)
  const tokens = createTokenCache()
  const memories = new Map<string, RegistryMemory>()
  const quotaOf = new Map<string, Quota>()

  const urlOf = (registry: string) => {
    const host = apiHost(registry)
    named.set(host, registry)
    return baseUrl(host, settingsOf(host))
  }
  const trustedRealms = async (registry: string) => {
    const pinned = await options.pins.of(registry)
    return [...(config.host(registry).realms ?? []), ...(pinned ? [pinned] : [])]
  }
  return {
    baseUrl: urlOf,
    plain,
    bare: shared,
    way: {
      proxyFor: explainProxy(config.env),
      tlsFor,
      authorityFiles: origin => authorityFiles(origin, tlsOptions),
      connectTimeout: (config.connectTimeout ?? defaultConnectSeconds) * 1000,
    },
    tokenSend,
    trustedRealms,
    manage: (...layers) => stack(managed, patient, ...layers, redirect()),
    async connect(name) {
      const url = urlOf(name)
      const memory = memories.get(name) ?? registryMemory(name, config.paths.state)
      memories.set(name, memory)
      const { count, counting } = countRequests()
      const authorized = authorize({
        registry: name,
        baseUrl: url,
        credentials: options.credentials,
        tokens,
        tokenSend,
        trustedRealms: await trustedRealms(name),
        notify,
      })
      const attentive = notify
        ? [warnings(({ host, text }) => notify({ code: 'REGISTRY_WARNING', message: `${host} warns: ${text}` }))]
        : []
      return {
        registry: {
          name,
          baseUrl: url,
          ...memory,
          prepare: requests => {
            const most = settingsOf(new URL(url).host).requests ?? requestsPerHost
            wire.prepare(url, Math.min(requests, most))
          },
          send: stack(
            shared,
            ...attentive,
            quotas(quota => quotaOf.set(name, quota)),
            patient,
            authorized,
            neighbours(url),
            redirect(),
            counting,
          ),
        },
        requests: count,
      }
    },
    quota: registry => quotaOf.get(registry),
    close: async () => {
      wire.close()
      await Promise.all([...memories.values()].map(({ earlier }) => earlier.remember()))
    },
  }
}
