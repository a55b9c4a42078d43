import type { Readable } from 'node:stream'
import { discard, readAll } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { LentBody } from '../http/lent.ts'
import { isWebPage } from '../http/wrong-server.ts'
import { openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, type Digest, digestOf, isDigest } from '../model/digest.ts'
import { InvalidContentError, MismatchError } from '../model/errors.ts'
import { maxManifestSize, parseManifest } from '../model/manifest.ts'
import { acceptManifests, isManifestType, withoutParameters } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import { apiPath, type Call, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { registryError, webPageError } from './errors.ts'
import { reopening, skip } from './reopen.ts'
import { withSettledLinks } from './rewritten.ts'

/** Asked again by GET, a 401 would cost the same tokens once more. */
const statusesThatEndIt = new Set([401, 404, 429])

/**
 * What a tag or digest names, by HEAD, which the Hub does not bill (item 23); by GET where HEAD is refused or says too little (22).
 * @throws NotFoundError-coded RegistryError, MismatchError when the registry names another digest than the one asked for
 */
export async function resolveManifest(
  place: Repository,
  reference: string,
  options: Options = {},
): Promise<Descriptor> {
  const asked = manifestCall(place, reference, options)
  const head = await place.registry.send({ ...asked, url: place.registry.baseUrl + asked.url, method: 'HEAD' })
  if (head.status === 200) {
    await discard(head)
    const descriptor = describeHead(head, reference)
    if (descriptor) return descriptor
  } else if (statusesThatEndIt.has(head.status) || head.status >= 500) {
    throw await registryError(head, { registry: place.registry.name, what: asked.what })
  } else {
    await discard(head)
  }
  return (await readNamed(place, reference, options)).target
}

/** A manifest by its tag or digest, with its bytes, in one GET. @throws NotFoundError-coded RegistryError, MismatchError */
export async function readNamed(
  place: Repository,
  reference: string,
  options: Options,
): Promise<{ target: Descriptor; bytes: Buffer; etag: string | undefined }> {
  const asked = manifestCall(place, reference, options)
  const response = await call(place.registry, asked)
  const bytes = await readAll(response, maxManifestSize)
  if (isWebPage(response, bytes.subarray(0, 1024).toString())) throw webPageError(place.registry.name, asked.what)
  const { mediaType } = parseManifest(bytes, withoutParameters(response.headers['content-type'] ?? ''))
  const digest = isDigest(reference) ? reference : digestOf(bytes)
  checkDigest(bytes, digest)
  checkDigest(bytes, headerDigest(response))
  return { target: { mediaType, digest, size: bytes.length }, bytes, etag: response.headers.etag }
}

/** The raw body of a manifest, opened again when it breaks; whoever reads it verifies it. */
export async function readManifestBody(
  place: Repository,
  target: Pick<Descriptor, 'digest' | 'mediaType'>,
  options: Options,
): Promise<Readable> {
  const open = async (offset: number) => skip((await fetchManifest(place, target, options)).body, offset)
  const first = await open(0)
  return new LentBody(reopening({ open, from: 0, first }), error => first.destroy(error))
}

/** The answer that holds a manifest. */
async function fetchManifest(
  place: Repository,
  target: Pick<Descriptor, 'digest' | 'mediaType'>,
  options: Options,
): Promise<HttpResponse> {
  const response = await call(place.registry, manifestCall(place, target.digest, options))
  const type = withoutParameters(response.headers['content-type'] ?? '')
  // One digest must not be a manifest to one reader and an index to the next (T11, CVE-2021-41190).
  if (isManifestType(type) && type !== target.mediaType) {
    await discard(response)
    throw new InvalidContentError(
      `${place.registry.name} serves ${target.digest} as ${type}, expected ${target.mediaType}`,
    )
  }
  return response
}

export interface PutOptions extends Options {
  tag?: string | undefined
  /** Set by the same request where the registry knows how (item 51): its answer names those it has set. */
  alsoTags?: readonly string[]
  /** `if-match` and the like; an answer of 412 is then one for the caller. */
  conditions?: Readonly<Record<string, string>>
}

/** PUT under a tag or its digest; the bytes, verified by the caller, go out as they came (items 16, 47). */
export async function putManifest(
  place: Repository,
  { target, bytes }: { target: Descriptor; bytes: Buffer },
  { tag, alsoTags = [], conditions = {}, signal }: PutOptions,
): Promise<HttpResponse> {
  const query = alsoTags.length > 0 ? `?${alsoTags.map(name => `tag=${name}`).join('&')}` : ''
  const request: Call = {
    method: 'PUT',
    url: apiPath(place.name, 'manifests', tag ?? target.digest) + query,
    what: `manifest ${target.digest}${tag === undefined ? '' : ` under the tag ${tag}`} in ${place.location}`,
    headers: { 'content-type': target.mediaType, ...conditions },
    body: { open: openBytes(bytes), size: bytes.length },
    scopes: [place.scope('pull', 'push')],
    signal,
    expect: [200, 201, 202, 204, ...(Object.keys(conditions).length > 0 ? [412] : [])],
  }
  const response = await withSettledLinks(() => call(place.registry, request), { signal })
  const digest = headerDigest(response)
  if (
    response.status !== 412 &&
    digest &&
    algorithmOf(digest) === algorithmOf(target.digest) &&
    digest !== target.digest
  ) {
    throw new MismatchError(`${place.registry.name} changed the manifest ${target.digest} into ${digest}`)
  }
  return response
}

function manifestCall(place: Repository, reference: string, { signal }: Options): Call {
  const named = isDigest(reference) ? `manifest ${reference}` : `tag ${reference}`
  return {
    method: 'GET',
    url: apiPath(place.name, 'manifests', reference),
    what: `${named} in ${place.location}`,
    headers: { accept: acceptManifests },
    scopes: [place.scope('pull')],
    signal,
    expect: [200],
  }
}

/** `undefined` when the headers leave a question open. */
function describeHead(head: HttpResponse, reference: string): Descriptor | undefined {
  const mediaType = withoutParameters(head.headers['content-type'] ?? '')
  const named = headerDigest(head)
  const size = Number(head.headers['content-length'])
  const digest = isDigest(reference) ? reference : named
  if (!digest || !isManifestType(mediaType) || !Number.isSafeInteger(size) || size <= 0 || size > maxManifestSize)
    return undefined
  // The header may use another algorithm than was asked (item 15); then only the bytes can tell.
  if (named && algorithmOf(named) === algorithmOf(digest) && named !== digest) {
    throw new MismatchError(`asked for ${digest}, the registry names ${named}`)
  }
  return { mediaType, digest, size }
}

function headerDigest(response: HttpResponse): Digest | undefined {
  const value = response.headers['docker-content-digest']
  return isDigest(value) ? value : undefined
}

function checkDigest(bytes: Uint8Array, digest: Digest | undefined): void {
  const algorithm = digest && algorithmOf(digest)
  if (algorithm !== 'sha256' && algorithm !== 'sha512' && algorithm !== 'sha384') return
  const actual = digestOf(bytes, algorithm)
  if (actual !== digest) throw new MismatchError(`expected ${digest}, got content with ${actual}`)
}
