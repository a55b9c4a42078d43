import { readAll } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { maxPageBytes, type Page, pages } from '../http/links.ts'
import { type Descriptor, isObject } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { parseJson } from '../model/json.ts'
import { parseManifest } from '../model/manifest.ts'
import { isIndexType, mediaTypes, withoutParameters } from '../model/media-types.ts'
import type { Options, ReferrersOptions } from '../store/store.ts'
import { apiPath } from './call.ts'
import type { Repository } from './endpoint.ts'
import { type RegistryError, registryError } from './errors.ts'
import { ReferrersKeeper } from './referrers-keeper.ts'
import { readReferrersTag } from './referrers-tag.ts'

/** A manifest and what it refers to. */
export interface Referrer {
  subject: Digest
  /** As the list has it. */
  entry: Descriptor
}

/** Manifests that name this one as their subject: by the API with its pages, else by the tag schema (items 61 to 64). */
export async function* listReferrers(
  place: Repository,
  subject: Pick<Descriptor, 'digest'>,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor> {
  const seen = new Set<Digest>()
  for await (const { entries, isFiltered } of readLists(place, subject.digest, options)) {
    for (const entry of entries) {
      const isWanted = isFiltered || !options.artifactType || entry.artifactType === options.artifactType
      if (seen.has(entry.digest) || !isWanted) continue
      seen.add(entry.digest)
      yield entry
    }
  }
}

/** Adds a referrer to the list that a registry without the API keeps under a tag: what the specification asks of the client (items 50, 66). */
export async function recordReferrer(place: Repository, { subject, entry }: Referrer, options: Options): Promise<void> {
  await keeperOf(place, subject).record({ entry }, options)
}

/** Takes a deleted manifest from that list; where the registry has the API it keeps the list itself (item 68). */
export async function forgetReferrer(place: Repository, { subject, entry }: Referrer, options: Options): Promise<void> {
  if ((await askApi(place, subject, options)) === 'there') return
  const list = await readReferrersTag(place, subject, options)
  if (typeof list === 'string' || !list.index.manifests.some(({ digest }) => digest === entry.digest)) return
  await keeperOf(place, subject).record({ entry, leaves: true }, options)
}

/** Some entries of the whole, and whether the registry has chosen them by their type already (item 62). */
interface List {
  entries: readonly Descriptor[]
  isFiltered: boolean
}

async function* readLists(place: Repository, subject: Digest, options: ReferrersOptions): AsyncGenerator<List> {
  if (place.registry.habits.noReferrers?.has(place.name)) return yield* fromTag(place, subject, options)
  let isFirst = true
  for await (const page of readApi(place, subject, options)) {
    if (!('refusal' in page)) yield page
    else if (isFirst && mayLackApi(page.refusal)) yield* fromTag(place, subject, { ...options, refusal: page.refusal })
    // Half a list is none.
    else throw page.refusal
    isFirst = false
  }
}

/** Pages of referrers, or why there is none. */
async function* readApi(
  place: Repository,
  subject: Digest,
  { artifactType, signal }: ReferrersOptions,
): AsyncGenerator<List | { refusal: RegistryError }> {
  const query = artifactType ? `?artifactType=${encodeURIComponent(artifactType)}` : ''
  const request = {
    method: 'GET' as const,
    url: `${place.registry.baseUrl}${apiPath(place.name, 'referrers', subject)}${query}`,
    headers: { accept: mediaTypes.ociIndex },
    scopes: [place.scope('pull')],
    signal,
  }
  const read = async (response: HttpResponse): Promise<Page<List | { refusal: RegistryError }>> => {
    const type = withoutParameters(response.headers['content-type'] ?? '')
    if (response.status !== 200 || !isIndexType(type)) {
      const what = `referrers of ${subject} in ${place.location}`
      return { items: { refusal: await registryError(response, { registry: place.registry.name, what }) } }
    }
    const filters = String(response.headers['oci-filters-applied'] ?? '').split(',')
    const isFiltered = filters.some(filter => filter.trim() === 'artifactType')
    return { items: { entries: indexEntries(await readAll(response, maxPageBytes)), isFiltered } }
  }
  yield* pages(place.registry.send, request, read)
}

/** 404 is what the specification says; 400, 403, 405, 5xx and a page of HTML is what others do (item 61). */
function mayLackApi({ status }: RegistryError): boolean {
  return status !== 401 && status !== 429
}

async function* fromTag(
  place: Repository,
  subject: Digest,
  { refusal, ...options }: Options & { refusal?: RegistryError },
): AsyncGenerator<List> {
  const list = await readReferrersTag(place, subject, options)
  const { habits } = place.registry
  if (refusal?.status === 404) habits.noReferrers = new Set([...(habits.noReferrers ?? []), place.name])
  // A registry that fails has not said that nobody refers to this.
  if (typeof list === 'string' && refusal && refusal.status >= 500) throw refusal
  yield { entries: typeof list === 'string' ? [] : list.index.manifests, isFiltered: false }
}

/** Asked anew in each run: a registry that got the API takes over the lists itself (item 69). */
async function askApi(place: Repository, subject: Digest, options: Options): Promise<'there' | 'lacking'> {
  if (place.registry.habits.noReferrers?.has(place.name)) return 'lacking'
  for await (const page of readApi(place, subject, options)) return 'refusal' in page ? 'lacking' : 'there'
  return 'lacking'
}

function keeperOf(place: Repository, subject: Digest): ReferrersKeeper {
  const { keepers, locks } = place.registry
  const key = `${place.name}@${subject}`
  const keeper = keepers.get(key) ?? new ReferrersKeeper(place, subject, locks)
  keepers.set(key, keeper)
  return keeper
}

function indexEntries(bytes: Buffer): readonly Descriptor[] {
  const value = parseJson(bytes, 'a list of referrers')
  // What a Go program writes for an empty list that it never filled.
  if (isObject(value) && value.manifests === null) return []
  const index = parseManifest(bytes, mediaTypes.ociIndex)
  return index.kind === 'index' ? index.manifests : []
}
