import { type LookupAddress, type LookupAllOptions, type LookupOptions, lookup as systemLookup } from 'node:dns'
import type { Agent, AgentOptions } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import { RegctlError } from '../model/errors.ts'
import { isMetadataAddress, isPrivateHost, isPublicAddress } from './addresses.ts'
import type { TlsSettings } from './tls.ts'

/** What one origin's requests share. */
export interface Connection {
  /** For an ordinary client, made when it is first asked for. */
  agent(): Promise<Agent>
  /** Made once an origin, and of the authorities that were named alone, until {@link widen}: most often they do, and reading the rest takes longer than a handshake. */
  secureContext: SecureContext | undefined
  /** The context that trusts what this machine trusts as well; from now on it is the one in use. */
  widen(): SecureContext | undefined
  rejectUnauthorized: boolean
  lookup: LookupFunction | undefined
  proxy: URL | undefined
}

export interface ConnectionsOptions {
  tls?: ((origin: string) => Promise<TlsSettings | undefined>) | undefined
  proxy?: ((url: URL) => string | undefined) | undefined
  lookup?: LookupFunction | undefined
}

export interface Connections {
  for(url: Readonly<URL>, publicOnly: boolean): Promise<Connection>
  close(): void
}

const agentOptions: AgentOptions = { keepAlive: true, keepAliveMsecs: 30_000, scheduling: 'lifo' }

/**
 * One agent per origin, proxy and address rule, each with the TLS identity of that origin alone, so that neither sockets nor sessions are
 * shared between identities (5.2.6, T20), and a socket that was opened without looking at the address serves no request that asks for it (T2).
 */
export function createConnections({ tls, proxy, lookup }: ConnectionsOptions): Connections {
  const connections = new Map<string, Promise<Connection & { close(): void }>>()
  const contexts = new Map<string, SecureContext>()

  async function connect(url: URL, proxyUrl: URL | undefined, publicOnly: boolean) {
    const settings = url.protocol === 'https:' ? await tls?.(url.origin) : undefined
    const createContext = url.protocol === 'https:' ? await contextMaker(settings, contexts) : () => undefined
    let agent: Promise<Agent> | undefined
    let isWide = settings?.roots === undefined
    const connection = {
      agent: () => {
        agent ??= createAgent(url, proxyUrl)
        return agent
      },
      close: () => agent?.then(made => made.destroy()),
      secureContext: createContext(settings?.ca),
      widen() {
        if (!isWide) connection.secureContext = createContext([...(settings?.ca ?? []), ...(settings?.roots?.() ?? [])])
        isWide = true
        return connection.secureContext
      },
      rejectUnauthorized: settings?.rejectUnauthorized ?? true,
      // Behind a proxy the proxy resolves the name: there is no address of ours to look at (2.10).
      lookup: proxyUrl ? lookup : checkedLookup(lookup, publicOnly ? isPublicAddress : isNoMetadata),
      proxy: proxyUrl,
    }
    return connection
  }

  return {
    async for(url, publicOnly) {
      if (publicOnly && isPrivateHost(url.hostname)) throw privateAddress(url.hostname)
      const key = `${url.origin} ${publicOnly}`
      const known = connections.get(key)
      if (known) return known
      const proxyText = proxy?.(url)
      const connection = connect(url, proxyText === undefined ? undefined : new URL(proxyText), publicOnly)
      connections.set(key, connection)
      // A certificate file that was unreadable once may be readable at the next request.
      connection.catch(() => connections.delete(key))
      return connection
    },
    close() {
      for (const connection of connections.values())
        connection.then(
          ({ close }) => close(),
          () => {},
        )
      connections.clear()
    },
  }
}

async function createAgent(url: URL, proxy: URL | undefined): Promise<Agent> {
  if (proxy && url.protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent')
    return new HttpsProxyAgent(proxy, agentOptions)
  }
  // A plain request goes to the proxy as to any server, only with its whole address (RFC 9112, 3.2.2).
  if ((proxy ?? url).protocol === 'https:') {
    const { default: https } = await import('node:https')
    return new https.Agent(agentOptions)
  }
  const { default: http } = await import('node:http')
  return new http.Agent(agentOptions)
}

/** What only says whom to trust is shared: to read all that a machine trusts takes as long as ten handshakes. A client certificate is of one origin (T20). */
async function contextMaker(
  { cert, key }: TlsSettings = {},
  contexts: Map<string, SecureContext>,
): Promise<(ca: string[] | undefined) => SecureContext> {
  const { default: tls } = await import('node:tls')
  return ca => {
    if (cert || key) return tls.createSecureContext({ ca, cert, key })
    const trusted = ca?.join('\n') ?? ''
    const context = contexts.get(trusted) ?? tls.createSecureContext({ ca })
    contexts.set(trusted, context)
    return context
  }
}

/**
 * Checked on the very addresses that are connected to: a name that changes between check and use (DNS rebinding) gains nothing (T2).
 * No name may lead to a metadata service, whoever named it; a person who means one writes the address.
 */
function checkedLookup(lookup: LookupFunction | undefined, isAllowed: (address: string) => boolean): LookupFunction {
  const resolve: LookupFunction = lookup ?? systemLookupAs
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      if (error) return callback(error, address, family)
      const addresses = Array.isArray(address) ? address.map(found => found.address) : [address]
      if (addresses.every(isAllowed)) return callback(null, address, family)
      callback(privateAddress(hostname), '', 0)
    })
  }
}

function isNoMetadata(address: string): boolean {
  return !isMetadataAddress(address)
}

function systemLookupAs(hostname: string, options: LookupOptions, callback: Parameters<LookupFunction>[2]): void {
  if (options.all) {
    const all: LookupAllOptions = { ...options, all: true }
    systemLookup(hostname, all, (error, addresses: LookupAddress[]) => callback(error, addresses))
  } else {
    systemLookup(hostname, { ...options, all: false }, callback)
  }
}

function privateAddress(hostname: string): RegctlError {
  return new RegctlError('REFUSED', `${hostname} is an address in a private network, named by somebody outside it`, {
    hint: 'if that is meant, use the address directly',
  })
}
