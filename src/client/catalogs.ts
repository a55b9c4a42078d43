import { basic } from '../catalog/basic.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { type FoundProduct, type Probe, probeProduct } from '../catalog/product.ts'
import { registryCatalog } from '../catalog/registry.ts'
import { rememberedProducts } from '../catalog/remembered.ts'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/hosts.ts'
import type { CredentialSource } from '../credentials/credentials.ts'
import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { hubRegistry } from '../model/reference.ts'
import type { Registry } from '../registry/endpoint.ts'
import type { Options } from '../store/store.ts'
import type { Transport } from './transport.ts'

export interface CatalogsOptions {
  config: Config
  credentials: CredentialSource
  transport: Transport
  notify?: Notify | undefined
  /** Asks for the code of an account with two-factor authentication. */
  secondFactor?: ((account: string) => Promise<string>) | undefined
}

/** Opens the catalog of a registry, by what product it is: named in the configuration, remembered, or found out (once). */
export function createCatalogs(options: CatalogsOptions): (registry: string, options?: Options) => Promise<Catalog> {
  const opened = new Map<string, Promise<Catalog>>()
  return (name, given = {}) => {
    const catalog = opened.get(name) ?? open(options, name, given)
    opened.set(name, catalog)
    catalog.catch(() => opened.delete(name))
    return catalog
  }
}

async function open(options: CatalogsOptions, name: string, given: Options): Promise<Catalog> {
  const { credentials, transport, notify } = options
  const [found, { registry }] = await Promise.all([findProduct(options, name, given), transport.connect(name)])
  const { product } = found
  const plain = registryCatalog(registry)
  if (product === 'docker-hub') return openHub(options, registry)
  if (product === 'registry') return plain
  const { baseUrl } = registry
  if (product === 'nexus') return openNexus(options, { registry, found, plain })
  const login = basic({ baseUrl, registry: name, credential: () => credentials.get(name), notify })
  const [{ harborCatalog }, { csrf }] = await Promise.all([
    import('../catalog/harbor.ts'),
    import('../catalog/csrf.ts'),
  ])
  return harborCatalog({ registry: name, baseUrl, send: transport.manage(login, csrf()) }, plain)
}

async function openHub(options: CatalogsOptions, registry: Registry): Promise<Catalog> {
  const { credentials, transport, notify, secondFactor } = options
  const [{ hubApi, hubCatalog }, { createHubAccount }, { epochRetryAfter }] = await Promise.all([
    import('../catalog/hub.ts'),
    import('../catalog/hub-account.ts'),
    import('../catalog/hub-pace.ts'),
  ])
  const send = transport.manage(epochRetryAfter())
  const credential = () => credentials.get(hubRegistry)
  return hubCatalog({
    registry,
    send,
    account: createHubAccount({
      api: { registry: hubRegistry, baseUrl: hubApi, send },
      credential,
      secondFactor,
      notify,
    }),
    username: async () => {
      const login = (await credential())?.credential
      return login?.kind === 'password' ? login.username : undefined
    },
  })
}

interface NexusFound {
  registry: Registry
  found: FoundProduct
  plain: ReturnType<typeof registryCatalog>
}

/** Where the configuration says, else where it was found; nowhere: the protocol's own lists. */
async function openNexus(options: CatalogsOptions, { registry, found, plain }: NexusFound): Promise<Catalog> {
  const { config, credentials, transport, notify } = options
  const { name } = registry
  const { api } = config.host(name)
  if (api === undefined && found.context === undefined) return { ...plain, product: 'nexus' }
  const [{ nexusCatalog }, { parseNexusAddress }] = await Promise.all([
    import('../catalog/nexus.ts'),
    import('../catalog/nexus-api.ts'),
  ])
  const address = api === undefined ? { baseUrl: registry.baseUrl + found.context } : parseNexusAddress(api)
  const { protocol, host } = new URL(address.baseUrl)
  if (protocol === 'http:' && !isLoopback(host) && !config.stranger(host).plainHttp) {
    throw new RegctlError('CONFIG_INVALID', `the api of ${name} is plain HTTP, where a login can be read by others`, {
      hint: `give its https:// address, or allow it: --plain-http ${host}`,
    })
  }
  const login = basic({
    baseUrl: address.baseUrl,
    registry: name,
    // Whoever wrote down the address meant the login of the registry to go there, unless that host has one of its own.
    credential: async () => (host === name ? undefined : await credentials.get(host)) ?? credentials.get(name),
    notify,
  })
  // What was written down and does not answer is heard of.
  return nexusCatalog(
    { registry: name, ...address, send: transport.manage(login) },
    api === undefined ? plain : undefined,
  )
}

async function findProduct(
  { config, transport }: CatalogsOptions,
  name: string,
  { signal }: Options,
): Promise<FoundProduct> {
  if (name === hubRegistry) return { product: 'docker-hub' }
  const { product: named, api } = config.host(name)
  if (api !== undefined) return { product: 'nexus' }
  if (named !== undefined && named !== 'nexus') return { product: named }
  // A port of this machine is another registry tomorrow.
  const memory = isLoopback(name) ? undefined : rememberedProducts(config.paths.state)
  const remembered = await memory?.of(name)
  if (remembered && (named === undefined || remembered.product === named)) return remembered
  const probe = { baseUrl: transport.baseUrl(name), send: transport.plain, signal }
  const found = named === undefined ? await probeProduct(probe) : await namedNexus(probe)
  await memory?.keep(name, found)
  return found
}

async function namedNexus(probe: Probe): Promise<FoundProduct> {
  const { findContext } = await import('../catalog/nexus-context.ts')
  const context = await findContext(probe, { isNexus: true })
  return { product: 'nexus', ...(context !== undefined && { context }) }
}
