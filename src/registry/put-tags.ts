import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Options } from '../store/store.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'
import { putManifest } from './manifests.ts'

/** Below that a PUT for each tag costs no more than trying what most registries do not know. */
const worthTrying = 3

/** Tags in one request: zot takes 46, and a URL with more could be too long for a proxy. */
const mostAtOnce = 40

/** What a registry answers that has nothing against the manifest, but does not take such a URL. */
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 414, 422, 431, 501])

interface Bytes {
  target: Descriptor
  bytes: Buffer
}

/**
 * PUT under every one of these tags, or under the digest where there are none; many of them in one request where the registry
 * knows how (item 51), which its `OCI-Tag` header tells. The headers are those of the last answer.
 */
export async function putTags(
  place: Repository,
  manifest: Bytes,
  { tags, signal }: Options & { tags: readonly string[] },
): Promise<HttpResponse['headers']> {
  const { habits } = place.registry
  let left = [...new Set(tags)]
  let headers: HttpResponse['headers'] = {}
  while (left.length >= worthTrying && !habits.noTagQuery) {
    const answer = await putMany(place, manifest, { tags: left.slice(0, mostAtOnce), signal })
    const set = new Set(answer?.['oci-tag']?.toString().split(/[\s,]+/))
    const rest = left.filter(tag => !set.has(tag))
    headers = answer ?? headers
    habits.noTagQuery = rest.length === left.length
    left = rest
  }
  for (const tag of tags.length === 0 ? [undefined] : left) {
    const response = await putManifest(place, manifest, { tag, signal })
    await discard(response)
    headers = response.headers
  }
  return headers
}

/** `undefined` where the registry refuses such a request; what is wrong with the manifest it says again of a plain one. */
async function putMany(
  place: Repository,
  manifest: Bytes,
  { tags, signal }: Options & { tags: readonly string[] },
): Promise<HttpResponse['headers'] | undefined> {
  try {
    const response = await putManifest(place, manifest, { alsoTags: tags, signal })
    await discard(response)
    return response.headers
  } catch (error) {
    if (error instanceof RegistryError && refusals.has(error.status)) return undefined
    throw error
  }
}
