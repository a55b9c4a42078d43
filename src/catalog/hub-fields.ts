import { isObject } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { isRepository } from '../model/reference.ts'
import type { RepositorySummary, TagDetails } from './catalog.ts'
import { count, type Fields, known, maybeObjects, text, time } from './fields.ts'
import { platformOf } from './platform-of.ts'

/** A repository of a namespace's list; `undefined` for a name that is none (T18). */
export function hubRepository(item: Fields, namespace: string): RepositorySummary | undefined {
  const name = `${text(item.namespace) ?? namespace}/${text(item.name) ?? ''}`
  if (!isRepository(name)) return undefined
  return known<RepositorySummary>({
    name,
    description: text(item.description),
    stars: count(item.star_count),
    pulls: count(item.pull_count),
    private: typeof item.is_private === 'boolean' ? item.is_private : undefined,
    updated: time(item.last_updated),
  })
}

/**
 * A tag of a repository's list. `full_size` is one platform's, so the sizes of all are added; attestations are `unknown`; what is old
 * has no digest.
 */
export function hubTag(item: Fields): TagDetails | undefined {
  const name = text(item.name)
  if (name === undefined) return undefined
  const images = maybeObjects(item.images).flatMap(image => {
    const platform = platformOf(image)
    return platform === undefined ? [] : [{ platform, size: count(image.size) }]
  })
  const sizes = images.flatMap(({ size }) => size ?? [])
  const digest = text(item.digest)
  return known<TagDetails>({
    name,
    digest: digest !== undefined && isDigest(digest) ? digest : undefined,
    mediaType: text(item.media_type),
    size: sizes.length === images.length && sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : undefined,
    platforms: images.length > 0 ? images.map(({ platform }) => platform) : undefined,
    pushed: time(item.tag_last_pushed) ?? time(item.last_updated),
    pulled: time(item.tag_last_pulled),
  })
}

/** Numbers that are written for people: `1B+`, `5.2M`, `873`, or a plain number. */
export function pullsOf(value: unknown): Pick<RepositorySummary, 'pulls' | 'pullsAtLeast'> {
  const exact = count(value)
  if (exact !== undefined) return { pulls: exact }
  const [, digits, unit = '', plus] = /^(\d{1,9}(?:\.\d{1,3})?)([KMB]?)(\+?)$/i.exec(text(value) ?? '') ?? []
  if (digits === undefined) return {}
  const thousands: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9 }
  const pulls = Math.round(Number(digits) * (thousands[unit.toUpperCase()] ?? 1))
  return { pulls, ...((plus !== '' || unit !== '') && { pullsAtLeast: true as const }) }
}

/** Who is vouched for: `{ publisher: { name }, badge: 'verified_publisher' }`. */
export function publisherOf({ publisher, badge }: Fields): string | undefined {
  const vouched = badge === 'verified_publisher' || badge === 'open_source'
  return vouched && isObject(publisher) ? text(publisher.name) : undefined
}
