import { hubRegistry as hub, hubNames } from '../model/reference.ts'

const hubKey = 'https://index.docker.io/v1/'

/** Paths that name the registry as a whole; any other path (`v1/access-token`, a namespace) names something narrower. */
const wholeRegistry = new Set(['', 'v1', 'v2'])

/**
 * An `auths` key or a registry as `host[:port]`, lower-case, Hub's names as `docker.io`; a key with a path of its own keeps it (`host/ns`)
 * and so never equals a registry. Compare the results with `===`, never by substring (T1, CVE-2026-59891).
 */
export function normalizeServer(key: string): string {
  const address = key.trim().replace(/^https?:\/\//i, '')
  const slash = address.indexOf('/')
  const host = (slash < 0 ? address : address.slice(0, slash)).toLowerCase()
  const path = slash < 0 ? '' : address.slice(slash + 1).replace(/\/$/, '')
  const name = hubNames.has(host) ? hub : host
  return wholeRegistry.has(path) ? name : `${name}/${path}`
}

/** The key docker writes for a registry: `https://index.docker.io/v1/` for Hub, `host[:port]` otherwise. */
export function serverKey(registry: string): string {
  const server = normalizeServer(registry)
  if (server === hub) return hubKey
  return server.startsWith(`${hub}/`) ? `https://index.${server}` : server
}

/** Every key under which programs are known to store a registry, what docker writes first. */
export function aliases(registry: string): string[] {
  const server = normalizeServer(registry)
  const hosts = server === hub ? [...hubNames] : [server]
  const urls = hosts.flatMap(host =>
    ['https', 'http'].flatMap(scheme => ['', '/', '/v1/', '/v2/'].map(path => `${scheme}://${host}${path}`)),
  )
  return [...new Set([serverKey(server), ...hosts, ...urls])]
}

/** What may hold a credential for a repository alone, most specific first: `host/ns/repo`, `host/ns`. */
export function namespacesOf(registry: string, repository: string): string[] {
  const parts = repository.split('/')
  return parts.map((_, index) => [normalizeServer(registry), ...parts.slice(0, parts.length - index)].join('/'))
}
