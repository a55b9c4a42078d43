import type { TagSummary } from '../image/tags.ts'
import type { Style } from './style.ts'
import { type Column, table } from './table.ts'
import { dayOf, formatBytes, formatWhen } from './units.ts'

/** `tags --long`: one row a tag. */
export function tagsTable(tags: readonly TagSummary[], style: Style): Promise<string> {
  const times = timesOf(tags)
  const columns: Column[] = [
    { title: 'TAG', paint: 'cyan' },
    { title: 'DIGEST', fit: 'cut' },
    { title: 'SIZE', align: 'right' },
    { title: 'PLATFORMS', fit: 'wrap' },
    ...times.map(time => ({ title: time.toUpperCase(), brief: dayOf })),
  ]
  const rows = tags.map(tag => [
    tag.name,
    tag.digest ?? '',
    tag.size === undefined ? '' : formatBytes(tag.size),
    tag.platforms?.join(', ') ?? '',
    // Of several times in eighty columns the days are enough.
    ...times.map(time => formatWhen(tag[time]).slice(0, times.length > 1 ? 10 : undefined)),
  ])
  return table(columns, rows, style)
}

type Time = 'created' | 'pushed' | 'pulled'

/** What a product tells of its tags, or else when the image was made. */
function timesOf(tags: readonly TagSummary[]): Time[] {
  const told = (['created', 'pushed', 'pulled'] as const).filter(time => tags.some(tag => tag[time]))
  return told.length > 0 ? told : ['created']
}
