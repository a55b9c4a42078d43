import { isObject } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import type { Draft, EventWord } from './event.ts'
import {
  digestIn,
  type Fields,
  fieldsOf,
  listOf,
  registryIn,
  repositoryIn,
  tagIn,
  textIn,
  timeOfSeconds,
  timeOfText,
} from './fields.ts'

/** Harbor's default format (3.3). */
export function readHarbor(payload: Fields): Draft[] | undefined {
  const { type, event_data: data } = payload
  if (typeof type !== 'string' || !isObject(data)) return undefined
  const common = { event: wordOf(type), actor: textIn(payload.operator), time: timeOfSeconds(payload.occur_at) }
  return drafts(common, data)
}

/** Harbor's notices as CloudEvents 1.0 (3.3). */
export function readHarborCloudEvent(payload: Fields): Draft[] | undefined {
  const { specversion, type, data } = payload
  if (typeof specversion !== 'string' || typeof type !== 'string' || !type.startsWith('harbor.')) return undefined
  const common = { event: wordOf(type), actor: textIn(payload.operator), time: timeOfText(payload.time) }
  return drafts(common, fieldsOf(data), textIn(payload.id))
}

/** By its parts, so that `PUSH_ARTIFACT`, `harbor.artifact.pushed` and the older `UPLOAD_CHART` are read alike. */
const words: readonly (readonly [RegExp, EventWord])[] = [
  [/^(?:push_artifact|push_image|upload_chart|harbor\.artifact\.pushed)$/i, 'push'],
  [/^(?:pull_artifact|pull_image|download_chart|harbor\.artifact\.pulled)$/i, 'pull'],
  [/^(?:delete_artifact|delete_image|delete_chart|harbor\.artifact\.deleted)$/i, 'delete'],
  [/^(?:scanning_|harbor\.scan\.)/i, 'scan'],
  [/^(?:quota_|harbor\.quota\.)/i, 'quota'],
  [/^(?:replication$|harbor\.replication\.)/i, 'replication'],
  [/^(?:tag_retention$|harbor\.tag_retention\.)/i, 'retention'],
]

function wordOf(type: string): EventWord {
  return words.find(([pattern]) => pattern.test(type))?.[1] ?? 'other'
}

/** One for each resource; one without a tag and a digest where there is none, as of replications. */
function drafts(common: Pick<Draft, 'event' | 'actor' | 'time'>, data: Fields, id: string | null = null): Draft[] {
  const repository = repositoryIn(nameOf(fieldsOf(data.repository)))
  const resources = listOf(data.resources).filter(isObject)
  if (resources.length === 0) return [{ ...common, id, repository, registry: hostOf(data), tag: null, digest: null }]
  return resources.map((resource, index) => ({
    ...common,
    id: id !== null && resources.length > 1 ? `${id}.${index + 1}` : id,
    registry: registryOf(resource, repository),
    repository,
    // Harbor names the digest in place of a tag that is missing.
    tag: isDigest(resource.tag) ? null : tagIn(resource.tag),
    digest: digestIn(resource.digest),
  }))
}

function nameOf({ repo_full_name: full, namespace, name }: Fields): unknown {
  if (full !== undefined) return full
  return typeof namespace === 'string' && typeof name === 'string' ? `${namespace}/${name}` : undefined
}

/** `hub.harbor.com/test-webhook/debian:latest` names the host as clients do. */
function registryOf({ resource_url: url }: Fields, repository: string | null): string | null {
  if (typeof url !== 'string' || repository === null) return null
  const end = url.indexOf(`/${repository}`)
  return end > 0 && !url.slice(0, end).includes('/') ? registryIn(url.slice(0, end)) : null
}

function hostOf(data: Fields): string | null {
  const told = fieldsOf(data.replication).harbor_hostname ?? fieldsOf(data.retention).harbor_hostname
  return registryIn(told)
}
