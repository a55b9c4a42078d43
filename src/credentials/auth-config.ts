import { findAuth } from './auths.ts'
import { parseConfig } from './config-file.ts'
import type { CredentialSource } from './credentials.ts'
import { section } from './entry.ts'

const name = 'DOCKER_AUTH_CONFIG'
/** A person takes a name with line and column behind it for a file. */
const label = `the variable ${name}`

/**
 * The JSON of `DOCKER_AUTH_CONFIG`; only its `auths` count: a variable never makes us run a helper.
 * @throws RegctlError CONFIG_INVALID at the first `get` when it is malformed, without showing it.
 */
export function authConfigSource(json: string): CredentialSource {
  return {
    async get(registry) {
      const credential = findAuth(section(await parseConfig(json, label), 'auths'), registry, label)
      return credential && { credential, source: name }
    },
  }
}
