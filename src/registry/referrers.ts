import { discard, readAll } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { maxPageBytes, type Page, pages } from '../http/links.ts'
import { type Descriptor, isObject } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { parseJson } from '../model/json.ts'
import { parseManifest } from '../model/manifest.ts'
import { isIndexType, mediaTypes, withoutParameters } from '../model/media-types.ts'
import type { Options } from '../store/store.ts'
import { apiPath } from './call.ts'
import type { Repository } from './endpoint.ts'
import { readReferrersTag } from './referrers-tag.ts'

/** Manifests that name this one as their subject: by the API with its pages, else by the tag schema (items 61 to 64). */
export async function* listReferrers(
  place: Repository,
  subject: Pick<Descriptor, 'digest'>,
  options: Options,
): AsyncGenerator<Descriptor> {
  const seen = new Set<Digest>()
  const fromApi = readApi(place, subject, options)
  for await (const entries of fromApi) {
    for (const entry of entries ?? (await fromTag(place, subject, options))) {
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

async function fromTag(
  place: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  options: Options,
): Promise<readonly Descriptor[]> {
  const index = await readReferrersTag(place, digest, options)
  return typeof index === 'string' ? [] : index.manifests
}

function indexEntries(bytes: Buffer): readonly Descriptor[] {
  const value = parseJson(bytes, 'a list of referrers')
  // What a Go program writes for an empty list that it never filled.
  if (isObject(value) && value.manifests === null) return []
  const index = parseManifest(bytes, mediaTypes.ociIndex)
  return index.kind === 'index' ? index.manifests : []
}
