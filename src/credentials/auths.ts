import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { Edit } from './config-file.ts'
import type { Credential } from './credentials.ts'
import { type JsonObject, readEntry, section, writeEntry } from './entry.ts'
import { normalizeServer, serverKey } from './hosts.ts'

/** The credential that an `auths` section holds for exactly this server (`host[:port]` or `host/ns`); what docker writes is tried first. */
export function findAuth(auths: JsonObject, server: string, file: string): Credential | undefined {
  const own = serverKey(server)
  const keys = matchingKeys(auths, server).sort((a, b) => Number(b === own) - Number(a === own))
  for (const key of keys) {
    const credential = readEntry(auths[key], `${server} in ${file}`)
    if (credential) return credential
  }
  return undefined
}

/** The keys of a section that name exactly this server, however they are spelt (T1). */
export function matchingKeys(auths: JsonObject, server: string): string[] {
  const wanted = normalizeServer(server)
  return Object.keys(auths).filter(key => normalizeServer(key) === wanted)
}

/** The registries of a section; keys of namespaces are left out. */
export function serversIn(auths: JsonObject): string[] {
  return [...new Set(Object.keys(auths).map(normalizeServer))].filter(server => !server.includes('/'))
}

/** Stores under the key docker uses; no credential leaves the empty entry that docker leaves beside a helper's. */
export function storeAuth(config: JsonObject, registry: string, credential?: Credential): Edit[] {
  const [key, value] = [serverKey(registry), credential ? writeEntry(credential) : {}]
  const { auths } = config
  if (isObject(auths)) return [{ path: ['auths', key], value }]
  if (auths !== undefined && auths !== null) throw new RegctlError('CONFIG_INVALID', 'auths is not an object')
  return [{ path: ['auths'], value: { [key]: value } }]
}

/** Takes away every key of the registry. */
export function removeAuths(config: JsonObject, registry: string): Edit[] {
  return matchingKeys(section(config, 'auths'), registry).map(key => ({ path: ['auths', key], value: undefined }))
}

/** The same for a `.dockercfg`, whose top level holds the keys. */
export function removeLegacy(config: JsonObject, registry: string): Edit[] {
  return matchingKeys(config, registry).map(key => ({ path: [key], value: undefined }))
}
