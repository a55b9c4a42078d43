import { basic } from '../catalog/basic.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { probeProduct } from '../catalog/product.ts'
import { registryCatalog } from '../catalog/registry.ts'
import { rememberedProducts } from '../catalog/remembered.ts'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/hosts.ts'
import type { CredentialSource } from '../credentials/credentials.ts'
import type { Notify } from '../model/notice.ts'
import type { Product } from '../model/product.ts'
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
  const [product, { registry }] = await Promise.all([productOf(options, name, given), transport.connect(name)])
  const plain = registryCatalog(registry)
  if (product === 'docker-hub') return openHub(options, registry)
  if (product === 'registry') return plain
  const { baseUrl } = registry
  const login = basic({ baseUrl, registry: name, credential: () => credentials.get(name), notify })
  if (product === 'nexus') {
    const { nexusCatalog } = await import('../catalog/nexus.ts')
    return nexusCatalog({ registry: name, baseUrl, send: transport.manage(login) }, plain)
  }
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

async function productOf({ config, transport }: CatalogsOptions, name: string, { signal }: Options): Promise<Product> {
  if (name === hubRegistry) return 'docker-hub'
  const named = config.host(name).product
  if (named) return named
  // A port of this machine is another registry tomorrow.
  const memory = isLoopback(name) ? undefined : rememberedProducts(config.paths.state)
  const remembered = await memory?.of(name)
  if (remembered) return remembered
  const product = await probeProduct({ baseUrl: transport.baseUrl(name), send: transport.plain, signal })
  await memory?.keep(name, product)
  return product
}
