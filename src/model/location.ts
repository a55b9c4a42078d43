import { isDigest } from './digest.ts'
import { RegctlError } from './errors.ts'
import { formatReference, isTag, parseReference, type Reference } from './reference.ts'
import { shown } from './refusal.ts'

/** A place where an image is, as `copy` and `inspect` take it. */
export type Location =
  | { scheme: 'registry'; reference: Reference }
  /** `reference` is a tag or a digest; absent where the layout holds one image. */
  | { scheme: 'oci' | 'oci-archive'; path: string; reference?: string }
  /** `reference` is an image name in full: `docker.io/library/nginx:1.27`. */
  | { scheme: 'docker-archive'; path: string; reference?: string }

const supported =
  'use IMAGE, docker://IMAGE, oci:DIR[:TAG|@DIGEST], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]'

/** Places that skopeo and the Go regctl know and we do not; elsewhere a word and a colon is an image and its tag. */
const foreign: ReadonlySet<string> = new Set([
  'atomic',
  'containers-storage',
  'dir',
  'docker-daemon',
  'ocidir',
  'ostree',
  'sif',
  'tarball',
])

/**
 * Reads a place: an image, or `SCHEME:…`. In `oci:DIR:TAG` the tag follows the last colon of the last path segment: a folder
 * with a colon in its name is written with a slash behind it.
 * @throws RegctlError `REFERENCE_INVALID`
 */
export function parseLocation(text: string): Location {
  const [, scheme = '', rest = ''] = /^([a-z][a-z-]*):(.*)$/s.exec(text) ?? []
  if (scheme === 'oci' || scheme === 'oci-archive') return { scheme, ...splitLayout(checkPath(scheme, rest)) }
  if (scheme === 'docker-archive') return { scheme, ...splitArchive(checkPath(scheme, rest)) }
  if (foreign.has(scheme)) {
    throw new RegctlError('REFERENCE_INVALID', `places of the kind ${scheme}: are not supported`, { hint: supported })
  }
  if (/^(?:\.{0,2}[\\/]|[a-z]:[\\/]|~)/i.test(text)) {
    const hint = 'for a layout folder write oci:DIR, for a file oci-archive:FILE or docker-archive:FILE'
    throw new RegctlError('REFERENCE_INVALID', `${shown(text)} is a path and not an image`, { hint })
  }
  return { scheme: 'registry', reference: parseReference(text) }
}

/** As {@link parseLocation} reads it. */
export function formatLocation(location: Location): string {
  if (location.scheme === 'registry') return formatReference(location.reference)
  const { scheme, path, reference } = location
  if (reference === undefined) return `${scheme}:${path}`
  return `${scheme}:${path}${scheme !== 'docker-archive' && isDigest(reference) ? '@' : ':'}${reference}`
}

/** Whether the text names a place on this machine's disk. */
export function isLocal(text: string): boolean {
  return /^(?:oci|oci-archive|docker-archive):/.test(text)
}

function checkPath(scheme: string, path: string): string {
  const refusal =
    (path === '' && 'it has no path') ||
    (path.includes('\0') && 'its path has a NUL character') ||
    (path.length > 32_768 && 'its path is longer than any system takes')
  if (!refusal) return path
  throw new RegctlError('REFERENCE_INVALID', `${shown(`${scheme}:${path}`)} is not a place: ${refusal}`, {
    hint: supported,
  })
}

function splitLayout(text: string): { path: string; reference?: string } {
  const at = text.lastIndexOf('@')
  const digest = text.slice(at + 1)
  if (at !== -1 && isDigest(digest)) {
    const { path, reference } = splitTag(text.slice(0, at))
    if (reference === undefined) return { path, reference: digest }
    throw refusal(text, 'it has a tag and a digest', 'give one of them')
  }
  if (at !== -1 && /^sha\d+:/.test(digest)) {
    throw refusal(text, 'what follows the @ is not a digest', 'a sha256 digest has 64 lower-case hexadecimal digits')
  }
  return splitTag(text)
}

function splitTag(text: string): { path: string; reference?: string } {
  const colon = text.lastIndexOf(':')
  const slash = Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'))
  const path = text.slice(0, colon === -1 || colon < slash ? undefined : colon)
  if (path === '') throw refusal(text, 'it has no path', supported)
  if (path === text) return { path }
  const reference = text.slice(colon + 1)
  if (isTag(reference)) return { path, reference }
  throw refusal(text, 'what follows the last colon is not a tag', 'end a folder with a colon in its name with a slash')
}

/** The name has slashes and colons of its own: it begins at the first colon that is not a Windows drive's. */
function splitArchive(text: string): { path: string; reference?: string } {
  const colon = text.indexOf(':', /^[a-z]:[\\/]/i.test(text) ? 2 : 0)
  if (colon === -1) return { path: text }
  const path = text.slice(0, colon)
  if (path === '') throw refusal(text, 'it has no path', supported)
  const reference = parseReference(text.slice(colon + 1))
  if (reference.digest === undefined) return { path, reference: formatReference(reference) }
  throw refusal(text, 'a Docker archive knows no digests', 'name the image by its tag')
}

function refusal(text: string, reason: string, hint: string): RegctlError {
  return new RegctlError('REFERENCE_INVALID', `${shown(text)} is not a place: ${reason}`, { hint })
}
