/** Who to be at a registry. Never logged, never part of an error. */
export type Credential =
  | { kind: 'password'; username: string; password: string }
  /** An OAuth2 refresh token (`identitytoken`, or helper user `<token>`). */
  | { kind: 'identity'; token: string }
  /** Sent verbatim as Bearer (`registrytoken`). */
  | { kind: 'registry'; token: string }

/** A credential and where it was found, as a person knows it: `docker config (/root/.docker/config.json)`, `keychain`, `helper pass`. */
export interface FoundCredential {
  credential: Credential
  source: string
}

/** Reads credentials. Hosts are matched exactly as normalised `host[:port]`, never by substring (T1, CVE-2026-59891). */
export interface CredentialSource {
  /** `undefined`: none here, go on anonymously. `repository` serves Podman's `host/namespace` keys. */
  get(registry: string, repository?: string): Promise<FoundCredential | undefined>
}

/** A place that keeps credentials for `login` and `logout`. */
export interface CredentialStore extends CredentialSource {
  /** `keychain`, `helper:NAME` or `file`: what `login --json` reports as `store`. */
  readonly name: string
  set(registry: string, credential: Credential): Promise<void>
  /** Forgets the registry under every alias of its host; false when there was nothing. */
  delete(registry: string): Promise<boolean>
  registries(): Promise<string[]>
}
