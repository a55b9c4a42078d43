import { RegctlError } from '../model/errors.ts'
import type { TagSummary } from './tags.ts'

/** What tags can be sorted by once more is known of them than their names. */
export const detailSorts = ['created', 'pushed', 'pulled', 'size'] as const

/** See {@link detailSorts}. */
export type DetailSort = (typeof detailSorts)[number]

/** Which tags are kept, and in which order. */
export interface TagOrder {
  /** The least or the oldest first; what a tag does not tell stands last. */
  sort?: DetailSort | undefined
  /** The other way round; what a tag does not tell still stands last. */
  reverse?: boolean | undefined
  /** So many, the newest first unless `sort` says otherwise: by when they were pushed, else by when they were made. */
  newest?: number | undefined
  /** Only tags that are older than so many milliseconds, by the same time; one of which no time is known is not. */
  olderThan?: number | undefined
  limit?: number | undefined
  /** Milliseconds since 1970. */
  now?: number | undefined
}

/** Selects and sorts by what is known of the tags. @throws RegctlError UNSUPPORTED when no tag tells what was asked for */
export function orderTags(tags: readonly TagSummary[], order: TagOrder): TagSummary[] {
  const { sort, reverse = false, newest, olderThan, limit = Number.POSITIVE_INFINITY, now = Date.now() } = order
  let chosen = [...tags]
  if (olderThan !== undefined) {
    requireKnown(chosen, timeOf, 'how old its tags are')
    chosen = chosen.filter(tag => (timeOf(tag) ?? Number.POSITIVE_INFINITY) < now - olderThan)
  }
  if (newest !== undefined) {
    requireKnown(chosen, timeOf, 'how old its tags are')
    chosen = sorted(chosen, timeOf, true).slice(0, newest)
  }
  if (sort !== undefined) {
    requireKnown(chosen, measures[sort], says[sort])
    chosen = sorted(chosen, measures[sort], reverse)
  } else if (reverse) chosen.reverse()
  return chosen.slice(0, limit)
}

type Measure = (tag: TagSummary) => number | undefined

const measures: Readonly<Record<DetailSort, Measure>> = {
  created: ({ created }) => timeIn(created),
  pushed: ({ pushed }) => timeIn(pushed),
  pulled: ({ pulled }) => timeIn(pulled),
  size: ({ size }) => size,
}

const says: Readonly<Record<DetailSort, string>> = {
  created: 'when its images were made',
  pushed: 'when its tags were pushed',
  pulled: 'when its tags were pulled',
  size: 'how large its images are',
}

function timeOf({ pushed, created }: TagSummary): number | undefined {
  return timeIn(pushed) ?? timeIn(created)
}

function timeIn(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}

function requireKnown(tags: readonly TagSummary[], measure: Measure, what: string): void {
  if (tags.length === 0 || tags.some(tag => measure(tag) !== undefined)) return
  throw new RegctlError('UNSUPPORTED', `the registry does not tell ${what}`, {
    hint: 'Docker Hub, Harbor and Nexus tell when tags were pushed and pulled; any registry has created and size',
  })
}

function sorted(tags: readonly TagSummary[], measure: Measure, reverse: boolean): TagSummary[] {
  const direction = reverse ? -1 : 1
  return [...tags].sort((a, b) => {
    const [first, second] = [measure(a), measure(b)]
    if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined)
    return (first - second) * direction
  })
}

/** Whether to sort so, more than the names must be known. */
export function isDetailSort(sort: string | undefined): sort is DetailSort {
  return detailSorts.some(known => known === sort)
}
