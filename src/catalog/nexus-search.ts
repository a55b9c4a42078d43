import { isObject } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import type { Options } from '../store/store.ts'
import { type Api, ask, askPages, readList } from './api.ts'
import type { TagDetails } from './catalog.ts'
import { type Fields, known, maybeObjects, objectsIn, text, time } from './fields.ts'

const base = '/service/rest/v1'

/** One tag of an image, as Nexus keeps it. */
export interface Component {
  id: string
  /** The Nexus repository that holds it. */
  repository: string
  /** The image, and the tag. */
  name: string
  version: string
  details: TagDetails
  /** Its assets are the manifest of this tag, and nothing else. */
  isOneTag: boolean
}

export interface NexusRepository {
  name: string
  format: 'docker' | 'oci'
  type: string
}

/** The repositories for images; OCI ones are a format of their own since 3.94. */
export async function nexusRepositories(api: Api, { signal }: Options): Promise<NexusRepository[]> {
  const what = `list of repositories at ${api.registry}`
  const list = await readList(api, await ask(api, { path: `${base}/repositories`, what, signal }), what)
  return list.flatMap(({ name, format, type }) => {
    const [own, kind] = [text(name), text(type)]
    return own !== undefined && (format === 'docker' || format === 'oci')
      ? [{ name: own, format, type: kind ?? '' }]
      : []
  })
}

/** A parameter that is not set must be left out: an empty one means an empty value (since 3.57). */
export function searchPath(parameters: Readonly<Record<string, string>>): string {
  return `${base}/search?${new URLSearchParams(parameters)}`
}

/** All that a search finds, 50 a page; the token of the next page is bound to the query and goes back as it came. */
export async function* components(
  api: Api,
  request: { path: string; what: string; signal?: AbortSignal | undefined },
): AsyncGenerator<Component> {
  const read = ({ value }: { value: unknown }) => {
    const { items, continuationToken } = Object(value)
    const token = text(continuationToken)
    const otherwise = token && `${api.baseUrl}${request.path}&${new URLSearchParams({ continuationToken: token })}`
    return { items: objectsIn(items, request.what), otherwise }
  }
  for await (const items of askPages(api, request, read)) yield* items.flatMap(item => componentOf(item) ?? [])
}

function componentOf(item: Fields): Component | undefined {
  const [id, repository, name, version] = [item.id, item.repository, item.name, item.version].map(text)
  if (id === undefined || repository === undefined || name === undefined || version === undefined) return undefined
  const assets = maybeObjects(item.assets)
  const manifest = assets.find(({ path }) => isManifestOf(path, name, version))
  return {
    id,
    repository,
    name,
    version,
    details: { name: version, ...(manifest && detailsOf(manifest)) },
    isOneTag: assets.length === 1 && manifest !== undefined,
  }
}

/** Newer versions begin the path with a slash. */
function isManifestOf(path: unknown, image: string, tag: string): boolean {
  return text(path)?.replace(/^\//, '') === `v2/${image}/manifests/${tag}`
}

/** The checksum of a manifest is its digest; there is no size of the image and no platform here. */
function detailsOf({ checksum, contentType, lastModified, lastDownloaded }: Fields): Omit<TagDetails, 'name'> {
  const digest = `sha256:${isObject(checksum) ? checksum.sha256 : ''}`
  return known<Omit<TagDetails, 'name'>>({
    digest: isDigest(digest) ? digest : undefined,
    mediaType: text(contentType),
    pushed: time(lastModified),
    pulled: time(lastDownloaded),
  })
}
