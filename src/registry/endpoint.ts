import { repositoryScope } from '../auth/scopes.ts'
import type { Send } from '../http/http.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { isRepository } from '../model/reference.ts'

/** One registry as this run talks to it; shared by all its repositories. */
export interface Registry {
  /** As a person types it: `docker.io`, `127.0.0.1:5000`. */
  name: string
  /** Where its API is served, without a trailing slash: `https://registry-1.docker.io`. */
  baseUrl: string
  send: Send
  known: KnownBlobs
}

/** Which repositories of one registry are known to hold a blob: a place to mount from, never a proof. */
export interface KnownBlobs {
  add(digest: Digest, repository: string): void
  /** A repository that holds the blob, other than `besides`. */
  find(digest: Digest, besides: string): string | undefined
  forget(digest: Digest, repository: string): void
  /** This account may not read that repository, or the registry mounts nothing from it: it is not offered again. */
  ruleOut(repository: string): void
  isRuledOut(repository: string): boolean
}

export function knownBlobs(): KnownBlobs {
  const holders = new Map<Digest, Set<string>>()
  const ruledOut = new Set<string>()
  return {
    add(digest, repository) {
      const repositories = holders.get(digest)
      if (repositories) repositories.add(repository)
      else holders.set(digest, new Set([repository]))
    },
    find(digest, besides) {
      for (const repository of holders.get(digest) ?? [])
        if (repository !== besides && !ruledOut.has(repository)) return repository
      return undefined
    },
    ruleOut: repository => ruledOut.add(repository),
    isRuledOut: repository => ruledOut.has(repository),
    forget(digest, repository) {
      holders.get(digest)?.delete(repository)
    },
  }
}

/** One repository of a registry. */
export interface Repository {
  registry: Registry
  /** `demo/app` */
  name: string
  /** `127.0.0.1:5000/demo/app` */
  location: string
  /** `repository:demo/app:pull,push`, as token servers know it (PROTOCOL 2.5). */
  scope(...actions: ('pull' | 'push' | '*')[]): string
}

export interface RepositoryOptions {
  /** It will be written to: every request asks for push too, so that one token serves from the first look to the last PUT. */
  write?: boolean
}

/** @throws RegctlError REFERENCE_INVALID for a name that must never see a URL (T18) */
export function repositoryAt(registry: Registry, name: string, { write = false }: RepositoryOptions = {}): Repository {
  if (!isRepository(name))
    throw new RegctlError('REFERENCE_INVALID', `${JSON.stringify(name.slice(0, 200))} is not a repository`)
  return {
    registry,
    name,
    location: `${registry.name}/${name}`,
    scope: (...actions) =>
      write && !actions.includes('*') ? repositoryScope(name, 'pull', 'push') : repositoryScope(name, ...actions),
  }
}
