import type { Digest } from '../model/digest.ts'

/** Which repositories of one registry are known to hold a blob: a place to mount from, never a proof. */
export interface KnownBlobs {
  add(digest: Digest, repository: string): void
  has(digest: Digest, repository: string): boolean
  /** A repository that holds the blob, other than `besides`. */
  find(digest: Digest, besides: string): string | undefined
  forget(digest: Digest, repository: string): void
  /** This account may not read that repository, or the registry mounts nothing from it: it is not offered again. */
  ruleOut(repository: string): void
  isRuledOut(repository: string): boolean
  /** What is known, the oldest first: to be remembered for the next run. */
  entries(): Iterable<[Digest, string]>
}

/** Enough for any copy; what is known beyond is forgotten, the oldest first. */
const most = 50_000

export function knownBlobs(): KnownBlobs {
  const holders = new Map<Digest, Set<string>>()
  const ruledOut = new Set<string>()
  return {
    add(digest, repository) {
      const repositories = holders.get(digest) ?? new Set()
      holders.delete(digest)
      holders.set(digest, repositories.add(repository))
      if (holders.size > most) for (const oldest of holders.keys()) return void holders.delete(oldest)
    },
    has: (digest, repository) => holders.get(digest)?.has(repository) ?? false,
    find(digest, besides) {
      for (const repository of holders.get(digest) ?? []) {
        if (repository !== besides && !ruledOut.has(repository)) return repository
      }
      return undefined
    },
    forget(digest, repository) {
      holders.get(digest)?.delete(repository)
    },
    ruleOut: repository => ruledOut.add(repository),
    isRuledOut: repository => ruledOut.has(repository),
    *entries() {
      for (const [digest, repositories] of holders) for (const repository of repositories) yield [digest, repository]
    },
  }
}
