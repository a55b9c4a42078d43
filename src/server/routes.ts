import { type Digest, isDigest, isVerifiable } from '../model/digest.ts'
import { isRepository, isTag } from '../model/reference.ts'
import { Refusal } from './respond.ts'

export type RouteKind = 'base' | 'catalog' | 'tags' | 'manifest' | 'blob' | 'uploads' | 'upload' | 'referrers'

/** What a URL asks for (distribution-spec "Endpoints"); `target` is a tag, a digest or the id of an upload, checked by its grammar. */
export interface Route {
  kind: RouteKind
  name: string
  target: string
}

const maxNameLength = 255

/** First match wins: `uploads` would be a digest to the row below it. */
const table: readonly (readonly [RouteKind, RegExp])[] = [
  ['base', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
]

/**
 * Reads the path of a request, without its query. Nothing is decoded but a colon, and names meet the grammar before they
 * meet a file system, so `%2e%2e` and its kin are only wrong names (T18).
 * @throws Refusal 404 for a path outside the protocol, 400 for a name, tag or digest against the grammar.
 */
export function parseRoute(path: string): Route {
  const plain = path.replace(/%3a/gi, ':')
  for (const [kind, pattern] of table) {
    const match = pattern.exec(plain)
    if (match) return checked({ kind, name: match[1] ?? '', target: match[2] ?? '' })
  }
  throw new Refusal(404, 'UNSUPPORTED', 'this path is not part of the distribution protocol')
}

/** @throws Refusal 400 when the text is not a digest that can be verified here. */
export function digestParameter(text: string | null): Digest {
  if (text !== null && isDigest(text) && isVerifiable(text)) return text
  throw new Refusal(
    400,
    'DIGEST_INVALID',
    'the digest is missing, malformed or of an algorithm this registry cannot check',
  )
}

/** @throws Refusal 400 */
export function repositoryParameter(text: string): string {
  if (text.length <= maxNameLength && isRepository(text)) return text
  throw new Refusal(400, 'NAME_INVALID', 'the repository name is against the grammar')
}

/** @throws Refusal 400 */
export function tagParameter(text: string): string {
  if (isTag(text)) return text
  throw new Refusal(400, 'TAG_INVALID', 'the tag is against the grammar')
}

function checked(route: Route): Route {
  if (route.kind === 'base' || route.kind === 'catalog') return route
  repositoryParameter(route.name)
  if (route.kind === 'blob' || route.kind === 'referrers') digestParameter(route.target)
  if (route.kind === 'manifest') {
    if (route.target.includes(':')) digestParameter(route.target)
    else tagParameter(route.target)
  }
  return route
}
