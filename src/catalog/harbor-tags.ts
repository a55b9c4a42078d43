import { isObject } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import type { TagDetails } from './catalog.ts'
import { count, type Fields, known, maybeObjects, text, time } from './fields.ts'
import { platformOf } from './platform-of.ts'

/** The tags of one artifact of Harbor's list: an image, or an index with its `references`. */
export function harborTags(artifact: Fields): TagDetails[] {
  const digest = text(artifact.digest)
  const extra: Fields = isObject(artifact.extra_attrs) ? artifact.extra_attrs : {}
  const children = maybeObjects(artifact.references).flatMap(({ platform }) =>
    isObject(platform) ? (platformOf(platform) ?? []) : [],
  )
  const own = platformOf(extra)
  const platforms = children.length > 0 ? children : own === undefined ? undefined : [own]
  return maybeObjects(artifact.tags).flatMap(tag => {
    const name = text(tag.name)
    if (name === undefined) return []
    return known<TagDetails>({
      name,
      digest: digest !== undefined && isDigest(digest) ? digest : undefined,
      mediaType: text(artifact.manifest_media_type),
      size: count(artifact.size),
      platforms,
      created: time(extra.created),
      pushed: time(tag.push_time),
      pulled: time(tag.pull_time),
    })
  })
}
