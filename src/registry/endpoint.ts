import { join } from 'node:path'
import { repositoryScope } from '../auth/scopes.ts'
import type { Send } from '../http/http.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { isRepository } from '../model/reference.ts'
import { Downloads } from './downloads.ts'
import { type KnownBlobs, knownBlobs } from './known.ts'
import type { ReferrersKeeper } from './referrers-keeper.ts'
import { type BlobMemory, blobMemory } from './remember.ts'

/** One registry as this run talks to it; its memory is shared by all that is opened there. */
export interface Registry extends RegistryMemory {
  /** As a person types it: `docker.io`, `127.0.0.1:5000`. */
  name: string
  /** Where its API is served, without a trailing slash: `https://registry-1.docker.io`. */
  baseUrl: string
  send: Send
  /** So many requests will soon be made at once. */
  prepare?(requests: number): void
}

export interface RegistryMemory {
  known: KnownBlobs
  habits: Habits
  /** Blobs on their way, and to which repository: nobody uploads one a second time beside it (item 44). */
  underWay: Map<Digest, { repository: string; push: Promise<unknown> }>
  /** What is being fetched there. */
  downloads: Downloads
  /** What earlier runs knew of its blobs; asked for before the first upload. */
  earlier: BlobMemory
  /** Who writes the lists of referrers of a registry without that API, each by its repository and subject. */
  keepers: Map<string, ReferrersKeeper>
  /** A folder for lock files that other runs see too. */
  locks: string | undefined
}

/** @param folder where runs leave for each other what they know; absent: nothing is kept */
export function registryMemory(registry: string, folder?: string): RegistryMemory {
  const known = knownBlobs()
  return {
    known,
    habits: {},
    underWay: new Map(),
    downloads: new Downloads(),
    earlier: blobMemory(registry, known, folder && join(folder, 'blobs')),
    keepers: new Map(),
    locks: folder && join(folder, 'referrers'),
  }
}

/** What this run has learned of a registry's ways, so that no request is wasted on them twice. */
export interface Habits {
  /** It refuses `mount` with the repository itself as the source: "is it here?" has to be asked by HEAD. */
  noSelfMount?: boolean
  /** It answers a mount from the repository itself with 202 although the blob is there. */
  ignoresSelfMount?: boolean
  /** Uploads cannot be continued: PATCH is refused. */
  noPatch?: boolean
  /** A body larger than this was answered with 413, in bytes: blobs go in chunks. */
  bodyLimit?: number
  /** Bytes that every piece of a blob but the last must have. */
  leastChunk?: number
  /** Repositories in which a blob to be uploaded turned out to be already. */
  holding?: Set<string>
  /** It does not set tags that stand in the query of a manifest's PUT (item 51): each takes a PUT of its own. */
  noTagQuery?: boolean
  /** It does not give parts of blobs: they are fetched whole. */
  noRanges?: boolean
  /** Repositories that have answered that there is no referrers API. */
  noReferrers?: Set<string>
  /** So many connections brought a large blob faster than fewer. */
  connections?: number
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
