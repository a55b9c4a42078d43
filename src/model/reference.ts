import { type Digest, isDigest } from './digest.ts'
import { RegctlError } from './errors.ts'
import { type Refuse, refuser, refuseTraps } from './refusal.ts'

/** An image by name. With both, the digest says what is meant and the tag is a label (item 4). */
export interface Reference {
  /** Lower-case `host[:port]`; {@link hubRegistry} for Docker Hub under any of its names. */
  registry: string
  repository: string
  tag?: string
  digest?: Digest
}

/** What {@link parseRegistryPrefix} gives: repositories of one registry that begin alike. */
export interface RegistryPrefix {
  registry: string
  /** The beginning of a repository's path, as it was typed: `team/`, `team/ap`, or nothing. */
  prefix: string
}

export const hubRegistry = 'docker.io'

const hubHost = 'registry-1.docker.io'
/** The Hub's own name first. */
export const hubNames: ReadonlySet<string> = new Set([hubRegistry, 'index.docker.io', hubHost])

const maxRepositoryLength = 1024

const repositoryGrammar = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const tagGrammar = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
const hostGrammar =
  /^(?:\[[a-f0-9:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::[1-9][0-9]{0,4})?$/
const imageId = /^[0-9a-f]{64}$/

/** A tag by distribution-spec 1.1, "Pulling manifests" (item 1). */
export function isTag(text: string): boolean {
  return text.length <= 128 && tagGrammar.test(text)
}

/** @throws RegctlError `REFERENCE_INVALID` */
export function requireTag(text: string): void {
  if (!isTag(text)) throw new RegctlError('REFERENCE_INVALID', `${JSON.stringify(text.slice(0, 200))} is not a tag`)
}

/** Whether a tag has the form under which registries without the referrers API keep their lists: `sha256-…` (item 64). */
export function isReferrersTag(tag: string): boolean {
  return /^sha\d{1,4}-[0-9a-f]{64}$/.test(tag)
}

/** A repository's path by distribution-spec 1.1, "Pulling manifests" (item 1): safe in a URL (T18). */
export function isRepository(text: string): boolean {
  return text.length <= maxRepositoryLength && repositoryGrammar.test(text)
}

/**
 * Reads `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` by Docker's rules (items 4, 5); `docker://` may stand before it.
 * The tag is `latest` when there is neither tag nor digest, unless `defaultTag` is false.
 * @throws RegctlError `REFERENCE_INVALID`
 */
export function parseReference(text: string, { defaultTag = true }: { defaultTag?: boolean } = {}): Reference {
  const bare = text.replace(/^docker:\/\//, '')
  const refuse = refuser(bare, 'an image reference')
  refuseTraps(bare, refuse)
  const { name, tag, digest } = splitName(bare)
  if (digest !== undefined && !isDigest(digest)) {
    const hint = 'a digest looks like sha256: and 64 lower-case hexadecimal digits; a user name belongs to login'
    throw refuse('what follows the @ is not a digest', hint)
  }
  if (tag !== undefined && !isTag(tag)) {
    throw refuse(
      'its tag is not valid',
      'a tag has up to 128 letters, digits, ".", "_" and "-", and begins with none of ".-"',
    )
  }
  const reference: Reference = locate(name, refuse)
  if (tag !== undefined) reference.tag = tag
  if (digest !== undefined) reference.digest = digest
  if (defaultTag && tag === undefined && digest === undefined) reference.tag = 'latest'
  return reference
}

/** Like {@link parseReference} for a place that takes no tag and no digest. @throws RegctlError `REFERENCE_INVALID` */
export function parseRepository(text: string): Pick<Reference, 'registry' | 'repository'> {
  const reference = parseReference(text, { defaultTag: false })
  const extra = reference.digest ?? reference.tag
  if (extra === undefined) return reference
  throw refuser(text, 'a repository')(
    `it has a ${reference.digest ? 'digest' : 'tag'}`,
    `leave out ${JSON.stringify(extra)}: ${repositoryName(reference)}`,
  )
}

/**
 * Reads `HOST[:PORT]`, or the URL that people paste instead of it (`https://index.docker.io/v1/`). Nothing is no registry: an unset variable of a script is not Docker Hub.
 * @throws RegctlError `REFERENCE_INVALID`
 */
export function parseRegistry(text: string): string {
  const bare = withoutScheme(text)
  const refuse = refuser(bare, 'a registry')
  refuseTraps(bare, refuse)
  if (bare.includes('@')) throw refuse('it has a user or a digest before its host', 'give HOST[:PORT] alone')
  return normalizeHost(bare.split('/', 1)[0] ?? '', refuse)
}

/** Reads `HOST[:PORT][/PREFIX]`; the first part is always the host. @throws RegctlError `REFERENCE_INVALID` */
export function parseRegistryPrefix(text: string): RegistryPrefix {
  const registry = parseRegistry(text)
  const bare = withoutScheme(text)
  const slash = bare.indexOf('/')
  const path = slash === -1 ? '' : bare.slice(slash + 1)
  // The API's own root, as in `https://index.docker.io/v1/`, is no repository.
  const prefix = bare !== text && /^v[12]\/?$/.test(path) ? '' : path
  if (prefix !== '' && (/(?:^|\/)(?:\/|\.)/.test(prefix) || !/^[a-z0-9._/-]+$/.test(prefix) || prefix.includes('..'))) {
    throw refuser(bare, 'a registry and a prefix')('no repository can begin like this', repositoryHint(prefix))
  }
  return { registry, prefix }
}

/** In full, as a person would type it: `docker.io/library/nginx:1.27@sha256:…`. */
export function formatReference({ tag, digest, ...name }: Reference): string {
  return repositoryName(name) + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`)
}

/** `docker.io/library/nginx` */
export function repositoryName({ registry, repository }: Pick<Reference, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`
}

/** What to ask the registry for: the digest where there is one, else the tag, else `latest` (item 4). */
export function referenceOf({ tag, digest }: Pick<Reference, 'tag' | 'digest'>): string {
  return digest ?? tag ?? 'latest'
}

/** The `host[:port]` that answers for a registry: Docker Hub's API has a name of its own. */
export function apiHost(registry: string): string {
  return registry === hubRegistry ? hubHost : registry
}

function splitName(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf('@')
  const tagged = at === -1 ? text : text.slice(0, at)
  const digest = at === -1 ? {} : { digest: text.slice(at + 1) }
  const colon = tagged.lastIndexOf(':')
  if (colon <= tagged.lastIndexOf('/')) return { name: tagged, ...digest }
  return { name: tagged.slice(0, colon), tag: tagged.slice(colon + 1), ...digest }
}

function locate(name: string, refuse: Refuse): Reference {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  // Docker also takes a first part with upper-case letters for a host; in lower case it would read as a part of the path.
  const named = /[.:]/.test(first) || first.toLowerCase() === 'localhost'
  const registry = named ? normalizeHost(first, refuse) : hubRegistry
  const path = named ? name.slice(slash + 1) : name
  const repository = registry === hubRegistry && !path.includes('/') ? `library/${path}` : path
  if (!isRepository(repository)) throw refuse('its repository name is not valid', repositoryHint(path))
  if (slash === -1 && imageId.test(name)) {
    throw refuse('it is an image id and names no repository', `a digest stands behind a name: NAME@sha256:${name}`)
  }
  return { registry, repository }
}

function repositoryHint(path: string): string {
  const lower = path.toLowerCase()
  if (isRepository(lower)) return `repository names are in lower case: ${lower}`
  return 'its parts have lower-case letters and digits, with ".", "_", "__" or "-" between them'
}

function normalizeHost(text: string, refuse: Refuse): string {
  const host = text.toLowerCase()
  // The URL parser knows what the grammar does not: ports beyond 65535, addresses that are none.
  if (host.length > 300 || !hostGrammar.test(host) || !URL.canParse(`https://${host}`)) {
    throw refuse('its host is not valid', 'a host looks like registry.example, 10.0.0.1:5000 or [::1]:5000')
  }
  return hubNames.has(host) ? hubRegistry : host
}

function withoutScheme(text: string): string {
  return text.replace(/^https?:\/\//i, '')
}
