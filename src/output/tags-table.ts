import type { TagSummary } from '../image/tags.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { formatBytes, formatWhen } from './units.ts'

/** `tags --long`: one row a tag. */
export function tagsTable(tags: readonly TagSummary[], style: Style): Promise<string> {
  const columns = [
    { title: 'TAG', paint: 'cyan' },
    { title: 'DIGEST', fit: 'cut' },
    { title: 'SIZE', align: 'right' },
    { title: 'PLATFORMS', fit: 'wrap' },
    { title: 'CREATED' },
  ] as const
  const rows = tags.map(({ name, digest, size, platforms, created }) => [
    name,
    digest ?? '',
    size === undefined ? '' : formatBytes(size),
    platforms?.join(', ') ?? '',
    formatWhen(created),
  ])
  return table(columns, rows, style)
}
