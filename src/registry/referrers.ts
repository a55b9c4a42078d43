import { discard, readAll } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { maxPageBytes, type Page, pages } from '../http/links.ts'
import { type Descriptor, isObject } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf } from '../model/digest.ts'
import { isNotFound } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { parseManifest } from '../model/manifest.ts'
import { isIndexType, mediaTypes, withoutParameters } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import { apiPath, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { resolveManifest } from './manifests.ts'

/** The tag under which registries without the API keep an index of referrers: `sha256-…`, cut to 64 characters (item 64). */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject).slice(0, 32)}-${encodedOf(subject).slice(0, 64)}`.replace(/[^a-zA-Z0-9._-]/g, '-')
}

/** Manifests that name this one as their subject: by the API with its pages, else by the tag schema (items 61 to 64). */
export async function* listReferrers(
  place: Repository,
  subject: Pick<Descriptor, 'digest'>,
  options: Options,
): AsyncGenerator<Descriptor> {
  const seen = new Set<Digest>()
  const fromApi = readApi(place, subject, options)
  for await (const entries of fromApi) {
    for (const entry of entries ?? (await readTag(place, subject, options))) {
      if (seen.has(entry.digest)) continue
      seen.add(entry.digest)
      yield entry
    }
  }
}

/** Pages of referrers; `undefined` for one that says the registry has no such API. */
async function* readApi(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  { signal }: Options,
): AsyncGenerator<readonly Descriptor[] | undefined> {
  const request = {
    method: 'GET' as const,
    url: place.registry.baseUrl + apiPath(place.name, 'referrers', digest),
    headers: { accept: mediaTypes.ociIndex },
    scopes: [place.scope('pull')],
    signal,
  }
  const read = async (response: HttpResponse): Promise<Page<readonly Descriptor[] | undefined>> => {
    const type = withoutParameters(response.headers['content-type'] ?? '')
    // 404 is what the specification says; 400, 403, 405, 5xx and a page of HTML is what others do (item 61).
    if (response.status !== 200 || !isIndexType(type)) {
      await discard(response)
      return { items: undefined }
    }
    return { items: indexEntries(await readAll(response, maxPageBytes)) }
  }
  yield* pages(place.registry.send, request, read)
}

async function readTag(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  options: Options,
): Promise<readonly Descriptor[]> {
  const tag = referrersTag(digest)
  try {
    const index = await resolveManifest(place, tag, options)
    if (!isIndexType(index.mediaType)) return []
    const response = await call(place.registry, {
      method: 'GET',
      url: apiPath(place.name, 'manifests', index.digest),
      what: `tag ${tag} in ${place.location}`,
      headers: { accept: mediaTypes.ociIndex },
      scopes: [place.scope('pull')],
      signal: options.signal,
      expect: [200],
    })
    return indexEntries(await readAll(response, maxPageBytes))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

function indexEntries(bytes: Buffer): readonly Descriptor[] {
  const value = parseJson(bytes, 'a list of referrers')
  // What a Go program writes for an empty list that it never filled.
  if (isObject(value) && value.manifests === null) return []
  const index = parseManifest(bytes, mediaTypes.ociIndex)
  return index.kind === 'index' ? index.manifests : []
}
