import type { Catalog } from './catalog/catalog.ts'
import { type Accounts, createAccounts } from './client/accounts.ts'
import { createDoctor, type Diagnose } from './client/doctor.ts'
import type { Mirrors } from './client/mirrors.ts'
import type { TagDetailOptions } from './client/tag-details.ts'
import type { Transport, TransportOptions } from './client/transport.ts'
import type { Config } from './config/config.ts'
import { realmPins } from './config/pins.ts'
import { type CredentialSetup, createCredentials } from './credentials/setup.ts'
import type { Quota } from './http/quota.ts'
import type { TagSummary } from './image/tags.ts'
import { isLocal, type Location, parseLocation } from './model/location.ts'
import { parseRepository, type Reference, referenceOf } from './model/reference.ts'
import type { Pipes } from './store/archive-file.ts'
import { layoutStore } from './store/layout.ts'
import type { Options, Place, Source, Store } from './store/store.ts'

/** What a client is made of, and who is told what it does. */
export interface ClientOptions
  extends Pick<TransportOptions, 'notify' | 'onExchange' | 'onWait' | 'onRetry' | 'patience'> {
  config: Config
  /** Sent with every request; the Hub refuses an empty one. */
  userAgent?: string
  /** Asks for the code of a Docker Hub account with two-factor authentication, where its interface wants one. */
  secondFactor?: (account: string) => Promise<string>
  /** What `oci-archive:-` reads from and writes to; without it `-` is refused. */
  pipes?: Pipes
}

/** What is going to be done with a place. */
export interface OpenOptions {
  /** It will be written to: a token for that is asked for from the start, a tag of a layout defaults to `latest`, and `-` is the output. */
  write?: boolean
  /** What is there will be changed or removed: as `write`, but a layout without a tag means the one image it holds, as in reading. */
  change?: boolean
  /** From the registry itself, past its mirrors. */
  direct?: boolean
  /** What a new image is called in a Docker archive where the text does not name it: `docker.io/library/nginx:1.27`. Default: nothing. */
  name?: string | undefined
}

/** Opens what a person types: an image, `oci:DIR:TAG`, `docker-archive:FILE`. @throws RegctlError REFERENCE_INVALID */
export type Opener = (text: string, options?: OpenOptions) => Promise<Place<Store>>

/** Everything a program does with registries begins here. */
export interface Client {
  open: Opener
  /** Opens all of a repository (`nginx`, `oci:DIR`), for its tags. @throws RegctlError REFERENCE_INVALID when a tag is named */
  openRepository(text: string, options?: OpenOptions): Promise<Store>
  /** What a registry tells of its repositories; its product is found out when it is first asked for. */
  catalog(registry: string, options?: Options): Promise<Catalog>
  /**
   * What each tag of an opened repository names, in the order of the names: from the interface of the registry's product where it has one,
   * and else from the manifests. @throws as the `describeTags` that reads manifests alone
   */
  describeTags(repository: Source, names: readonly string[], options?: TagDetailOptions): Promise<TagSummary[]>
  accounts: Accounts
  /** The mirrors of registries, each by itself. */
  mirrors(): Promise<Pick<Mirrors, 'connect' | 'places'>>
  /** Walks the way of a pull and says at each step what was seen and what to do. */
  diagnose: Diagnose
  /** What a registry (`docker.io`) last said in this run of the pulls it still grants; `undefined` when it said nothing. */
  quota(registry: string): Quota | undefined
  /** Lets go of idle connections, and leaves for the next run what was learned of registries. */
  close(): Promise<void>
}

/** Joins configuration, credentials, transport and stores; nothing is read or sent before it is needed. */
export function createClient({ config, userAgent = 'regctl-js', pipes, ...options }: ClientOptions): Client {
  const notify = options.notify ?? (() => {})
  const credentials = createCredentials(credentialSetup(config), notify)
  const pins = realmPins(config.paths.state)
  let opened: Promise<Transport> | undefined
  let catalogs: Promise<(registry: string, given?: Options) => Promise<Catalog>> | undefined
  let quotaOf: Transport['quota'] = () => undefined
  // HTTP and all that belongs to it is loaded when a registry is first spoken to.
  const transport = () => {
    opened ??= import('./client/transport.ts').then(({ createTransport }) => {
      const created = createTransport({ ...options, config, credentials, pins, userAgent })
      quotaOf = created.quota
      return created
    })
    return opened
  }
  let around: Promise<Mirrors> | undefined
  const mirrors = () => {
    around ??= import('./client/mirrors.ts').then(({ createMirrors }) =>
      createMirrors({ ...options, config, credentials, pins, userAgent }),
    )
    return around
  }
  const repository = async (
    { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
    { change = false, write = change, direct = write }: OpenOptions,
  ) => {
    const [{ connect }, { RegistryStore }] = await Promise.all([transport(), import('./registry/store.ts')])
    const { registry: there, requests } = await connect(registry)
    const store: Store = new RegistryStore(there, repository, { write })
    // What is written to is read where it is written; mirrors see neither (T28).
    const withMirrors =
      !write && !direct && hasMirrors(config, registry)
        ? await (await mirrors()).around(store, { registry, repository })
        : undefined
    if (!withMirrors) return { store, requests }
    const { store: all, requests: others } = withMirrors
    return { store: all, requests: () => requests() + others(), served: all.served.bind(all) }
  }
  const open: Opener = async (text, options = {}) => {
    const { change = false, write = change, name } = options
    const location = parseLocation(text)
    if (location.scheme !== 'registry') return openLocal(location, { write, name, pipes, isNew: write && !change })
    const { reference } = location
    if (reference.tag !== undefined && reference.digest !== undefined) {
      notify({ code: 'TAG_IGNORED', message: `${text} names a digest; its tag ${reference.tag} is only a label` })
    }
    const opened = await repository(reference, options)
    return { ...opened, reference: referenceOf(reference), quota: () => quotaOf(reference.registry) }
  }
  const catalog: Client['catalog'] = async (registry, given) => {
    catalogs ??= Promise.all([transport(), import('./client/catalogs.ts')]).then(([opened, { createCatalogs }]) =>
      createCatalogs({ config, credentials, transport: opened, notify, secondFactor: options.secondFactor }),
    )
    return (await catalogs)(registry, given)
  }
  return {
    open,
    catalog,
    describeTags: async (source, names, given = {}) => {
      const { detailTags } = await import('./client/tag-details.ts')
      const place = isLocal(source.location) ? undefined : parseRepository(source.location)
      const product = place && { ...place, catalog: () => catalog(place.registry, { signal: given.signal }), notify }
      return detailTags(source, names, { ...given, product })
    },
    openRepository: async (text, options = {}) => {
      if (isLocal(text)) return (await open(text, options)).store
      return (await repository(parseRepository(text), options)).store
    },
    mirrors,
    accounts: createAccounts({ credentials, pins, transport }),
    diagnose: createDoctor({ credentials, transport }),
    quota: registry => quotaOf(registry),
    close: async () => {
      await (await around)?.close()
      if (!opened) return
      await (await opened).close()
      for (const message of config.unusedHostFlags()) notify({ code: 'HOST_FLAG_UNUSED', message })
    },
  }
}

/** Nothing is loaded where there are none. */
function hasMirrors(config: Config, registry: string): boolean {
  return config.mirrorsFrom.length > 0 || (config.host(registry).mirrors?.length ?? 0) > 0
}

interface LocalOptions extends Pick<OpenOptions, 'write' | 'name'> {
  /** It may well not be there yet. */
  isNew: boolean
  pipes: Pipes | undefined
}

async function openLocal(
  { scheme, path, reference }: Exclude<Location, { scheme: 'registry' }>,
  { write, name = '', isNew, pipes }: LocalOptions,
): Promise<Place<Store>> {
  // Without a name a layout is asked for the one image it holds.
  const tag = reference ?? (isNew ? 'latest' : '')
  if (scheme === 'oci') return { store: layoutStore(path), reference: tag }
  const { archiveStore, dockerArchiveStore } = await import('./store/archive.ts')
  if (scheme === 'oci-archive') return { store: archiveStore(path, { write, pipes }), reference: tag }
  return { store: dockerArchiveStore(path, { write, pipes }), reference: reference ?? (isNew ? name : '') }
}

function credentialSetup(config: Config): CredentialSetup {
  const { paths, env, givenLogin } = config
  return {
    explicit: givenLogin
      ? [
          {
            registry: givenLogin.registry,
            credential: { kind: 'password', username: givenLogin.username, password: givenLogin.password },
            source: 'REGCTL_USERNAME and REGCTL_PASSWORD',
          },
        ]
      : [],
    ...(config.authConfig !== undefined && { authConfigJson: config.authConfig }),
    ...(config.authFile !== undefined && { authFile: config.authFile }),
    dockerConfig: paths.dockerConfig,
    legacyDockerConfig: paths.legacyDockerConfig,
    podmanFiles: paths.podmanAuth,
    helperPath: env.PATH ?? '',
    helperEnv: { ...env },
  }
}
