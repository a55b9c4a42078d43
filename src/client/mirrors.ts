import { authorize } from '../auth/authorize.ts'
import { createTokenCache } from '../auth/token-cache.ts'
import type { Config } from '../config/config.ts'
import type { RealmPins } from '../config/pins.ts'
import type { CredentialSource } from '../credentials/credentials.ts'
import { sameOrigin } from '../http/addresses.ts'
import { type Layer, stack } from '../http/http.ts'
import { neighbours } from '../http/neighbours.ts'
import { createProxy } from '../http/proxy.ts'
import { redirect } from '../http/redirect.ts'
import { retry } from '../http/retry.ts'
import type { Exchange } from '../http/trace.ts'
import { type MirrorPlace, mirrorPlace, type Wanted } from '../mirror/address.ts'
import { engineMirrors } from '../mirror/engines.ts'
import { mirrorMemory } from '../mirror/memory.ts'
import type { MirrorConnection } from '../mirror/probe.ts'
import type { Notify } from '../model/notice.ts'
import { registryMemory } from '../registry/endpoint.ts'
import { RegistryStore } from '../registry/store.ts'
import { type MirroredStore, mirrored } from '../store/mirrored.ts'
import type { Store } from '../store/store.ts'
import { countRequests } from './count-requests.ts'
import { createMirrorWires } from './mirror-wires.ts'

export interface MirrorsOptions {
  config: Config
  credentials: CredentialSource
  pins: RealmPins
  userAgent: string
  notify?: Notify | undefined
  onExchange?: ((exchange: Exchange) => void) | undefined
}

/** How a client reaches mirrors: beside its registries, with connections, tokens and timeouts of their own. */
export interface Mirrors {
  /** The store with its mirrors before it, and the requests sent to them; `undefined` when it has none. @throws RegctlError CONFIG_INVALID */
  around(upstream: Store, wanted: Wanted): Promise<{ store: MirroredStore; requests: () => number } | undefined>
  /** One mirror by itself, and the requests sent to it. */
  connect(place: MirrorPlace): Promise<MirrorConnection & { requests: () => number }>
  /** Mirrors of a repository by their addresses, or all that are configured. @throws RegctlError CONFIG_INVALID */
  places(wanted: Wanted, urls?: readonly string[]): Promise<MirrorPlace[]>
  /** Closes connections, and leaves for the next runs which mirrors failed. */
  close(): Promise<void>
}

/** Milliseconds that a mirror may be silent. */
const silence = 10_000

export function createMirrors(options: MirrorsOptions): Mirrors {
  const { config, notify } = options
  const memory = mirrorMemory(config.paths.state)
  const patience = config.mirrorTimeout === undefined ? silence : config.mirrorTimeout * 1000
  const proxy = createProxy(config.env)
  const wires = createMirrorWires({ ...options, patience })
  // There is somebody else to ask: nothing is asked twice, and nobody is waited for.
  const impatient = retry({ attempts: 1, maxWait: 0 })
  const tokens = createTokenCache()

  const connect: Mirrors['connect'] = async place => {
    const { baseUrl, host, ns, ownLogin } = place
    const wire = wires.to(place)
    const realms = ownLogin ? [...(config.host(host).realms ?? []), await options.pins.of(host)] : []
    const { count, counting } = countRequests()
    const send = stack(
      wire,
      impatient,
      authorize({
        registry: host,
        baseUrl,
        // Whose credentials: nobody's, and those of the registry it mirrors never (T1, PROTOCOL 4.1).
        credentials: ownLogin ? options.credentials : anonymous,
        tokens,
        tokenSend: stack(wire, impatient),
        trustedRealms: realms.filter(realm => realm !== undefined),
        notify,
      }),
      neighbours(baseUrl),
      ...(ns === undefined ? [] : [namespace(baseUrl, ns)]),
      redirect(),
      counting,
    )
    const registry = { name: host, baseUrl, ...registryMemory(host), send }
    const { repository } = place
    return {
      registry,
      source: new RegistryStore(registry, repository),
      repository,
      isProxied: proxy(new URL(baseUrl)) !== undefined,
      requests: count,
    }
  }

  return {
    connect,
    places: async (wanted, urls) =>
      urls === undefined ? placesOf(wanted, options) : urls.map(url => mirrorPlace({ url }, wanted)),
    async around(upstream, wanted) {
      const found = await placesOf(wanted, options)
      if (found.length === 0) return undefined
      const connected = await Promise.all(found.map(async place => ({ place, ...(await connect(place)) })))
      const mirrors = connected.map(({ place, source }) => ({ name: place.name, source, resolve: place.resolve }))
      return {
        store: mirrored(upstream, { mirrors, memory, notify, pace: { window: patience } }),
        requests: () => connected.reduce((sum, { requests }) => sum + requests(), 0),
      }
    },
    async close() {
      wires.close()
      await memory.remember()
    },
  }
}

/** Our own configuration's mirrors first; of two mentions of one mirror the first counts. */
async function placesOf(wanted: Wanted, { config, notify }: MirrorsOptions): Promise<MirrorPlace[]> {
  if (config.mirrorsFrom.includes('none')) return []
  const own = (config.host(wanted.registry).mirrors ?? []).map(settings => mirrorPlace(settings, wanted))
  const others = await Promise.all(
    config.mirrorsFrom.map(from => engineMirrors(from, wanted, { engines: config.paths.engines, notify })),
  )
  const all = [...own, ...others.flat()]
  return all.filter((place, at) => all.findIndex(({ name }) => name === place.name) === at)
}

const anonymous: CredentialSource = { get: async () => undefined }

/** Tells the mirror which registry is meant, and nobody it redirects to: a signed query would break (item 101). */
function namespace(baseUrl: string, ns: string): Layer {
  return next => request => {
    if (!sameOrigin(request.url, baseUrl)) return next(request)
    const query = `${request.url.includes('?') ? '&' : '?'}ns=${encodeURIComponent(ns)}`
    return next({ ...request, url: request.url + query })
  }
}
