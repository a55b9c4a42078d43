import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { findAuth, matchingKeys, removeAuths, removeLegacy, serversIn, storeAuth } from './auths.ts'
import { type Edit, editConfig, readConfig } from './config-file.ts'
import type { CredentialStore, FoundCredential } from './credentials.ts'
import { type JsonObject, section } from './entry.ts'
import { helperStore } from './helper.ts'
import { namespacesOf } from './hosts.ts'

export interface DockerConfigOptions {
  /** The `config.json`. */
  path: string
  /** PATH for helpers; without it a configured helper counts as missing. */
  helperPath?: string
  helperEnv?: Readonly<Record<string, string | undefined>>
  /** The `.dockercfg` of old, whose top level is what `auths` is today: read when `path` has nothing; only `delete` writes it. */
  legacyPath?: string
  /** Look for `host/namespace` keys too, as Podman does. */
  namespaces?: boolean
  /** How `whoami` calls this place. Default `docker config`. */
  label?: string
  /** Hears HELPER_FAILED when a broken `credsStore` is passed over. */
  notify?: Notify
}

/** A docker config as a store of `auths`; reading also asks the helpers, and {@link helperFor} tells which. */
export interface DockerConfigStore extends CredentialStore {
  /** The store behind `credHelpers[host]`, else behind `credsStore`. */
  helperFor(registry?: string): Promise<CredentialStore | undefined>
  /** Every helper the file names, once. */
  helpers(): Promise<CredentialStore[]>
  /** Leaves `auths[host]={}`, as docker does beside a credential that a helper keeps. */
  mark(registry: string): Promise<void>
}

/**
 * Reads `credHelpers[host]`, then `credsStore`, then `auths`; writes `auths` alone. `HttpHeaders` and `proxies` are for daemon and containers: not used.
 * A failing `credHelpers[host]` is an error. So is a failing `credsStore` when docker left its mark `auths[host]={}`; otherwise it is a notice, and
 * `auths[host]` or nobody is used: never the credential of another host (CVE-2021-41092).
 * @throws RegctlError CONFIG_INVALID with file, line and column; what {@link helperStore} throws; REFUSED when others may write to the folder.
 */
export function dockerConfigStore(options: DockerConfigOptions): DockerConfigStore {
  const { path, legacyPath, label = 'docker config', notify = () => undefined } = options

  const found = (auths: JsonObject, server: string, file: string): FoundCredential | undefined => {
    const credential = findAuth(auths, server, file)
    return credential && { credential, source: `${label} (${file})` }
  }
  const open = (suffix: string) => helperStore(suffix, { path: options.helperPath ?? '', env: options.helperEnv })

  async function fromHelpers(config: JsonObject, registry: string): Promise<FoundCredential | undefined> {
    const { suffix, shared } = configuredHelper(config, registry)
    if (suffix === '') return undefined
    try {
      return await open(suffix).get(registry)
    } catch (error) {
      const auths = section(config, 'auths')
      const kept = matchingKeys(auths, registry).length > 0 && !findAuth(auths, registry, path)
      if (!shared || kept || !(error instanceof RegctlError)) throw error
      notify({ code: 'HELPER_FAILED', message: `${error.message}; going on without it for ${registry}` })
      return undefined
    }
  }

  return {
    name: 'file',
    async get(registry, repository) {
      const config = await readConfig(path)
      const auths = section(config, 'auths')
      const namespaces = options.namespaces && repository ? namespacesOf(registry, repository) : []
      for (const server of namespaces) {
        const scoped = found(auths, server, path)
        if (scoped) return scoped
      }
      const here = (await fromHelpers(config, registry)) ?? found(auths, registry, path)
      if (here || legacyPath === undefined) return here
      return found(await readConfig(legacyPath), registry, legacyPath)
    },
    async set(registry, credential) {
      await editConfig(path, config => storeAuth(config, registry, credential))
    },
    async mark(registry) {
      await editConfig(path, config => storeAuth(config, registry))
    },
    async delete(registry) {
      const removed = await forget(path, config => removeAuths(config, registry))
      if (legacyPath === undefined) return removed
      return (await forget(legacyPath, config => removeLegacy(config, registry))) || removed
    },
    async registries() {
      return serversIn(section(await readConfig(path), 'auths'))
    },
    async helperFor(registry) {
      const config = await readConfig(path)
      const { suffix } = configuredHelper(config, registry)
      return suffix === '' ? undefined : open(suffix)
    },
    async helpers() {
      const config = await readConfig(path)
      const named = [config.credsStore, ...Object.values(section(config, 'credHelpers'))]
      return [...new Set(named)]
        .filter(suffix => typeof suffix === 'string')
        .filter(Boolean)
        .map(open)
    },
  }
}

/** `credHelpers[host]`, where an empty value means docker's own file, else `credsStore`; no helper is the empty suffix. */
function configuredHelper(config: JsonObject, registry = ''): { suffix: string; shared: boolean } {
  const helpers = section(config, 'credHelpers')
  const own = matchingKeys(helpers, registry).map(key => helpers[key])
  const suffix = own.find(value => typeof value === 'string')
  if (typeof suffix === 'string') return { suffix, shared: false }
  return { suffix: typeof config.credsStore === 'string' ? config.credsStore : '', shared: true }
}

/** A file that has nothing is not touched, so that `logout` needs no writable home. */
async function forget(path: string, plan: (config: JsonObject) => readonly Edit[]): Promise<boolean> {
  return plan(await readConfig(path)).length > 0 && editConfig(path, plan)
}
