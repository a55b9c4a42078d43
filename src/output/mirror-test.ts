import type { MirrorTest, RankedMirror } from '../mirror/test-mirrors.ts'
import { escapeText } from './escape.ts'
import { type Paint, paint, type Style } from './style.ts'
import { table } from './table.ts'
import { formatBytes } from './units.ts'

const colors: Readonly<Partial<Record<RankedMirror['state'], Paint>>> = { good: 'green', stale: 'yellow', wrong: 'red' }

/** Mirrors in their order, each with what it showed; below, what is wrong with those that are not good, and what was known before. */
export async function mirrorTestText({ image, upstream, mirrors }: MirrorTest, style: Style): Promise<string> {
  const own =
    upstream.digest === undefined
      ? `${escapeText(image)}: the registry itself could not be asked, so that nobody can tell who is stale: ${escapeText(upstream.error ?? '')}`
      : `${escapeText(image)} is ${escapeText(upstream.digest)}`
  const rows = mirrors.map(each => [
    String(each.rank),
    each.mirror,
    each.state,
    time(each.connect),
    time(each.firstByte),
    each.bytesPerSecond === undefined ? '' : `${formatBytes(each.bytesPerSecond)}/s`,
    each.ranges === undefined ? '' : each.ranges ? 'yes' : 'no',
  ])
  const columns = [
    { title: '#', align: 'right' as const },
    { title: 'MIRROR', fit: 'wrap' as const },
    { title: 'STATE' },
    { title: 'CONNECT', align: 'right' as const },
    { title: '1ST BYTE', align: 'right' as const },
    { title: 'SPEED', align: 'right' as const },
    { title: 'RANGE' },
  ]
  const notes = mirrors.flatMap(({ rank, state, error, known }) => [
    ...(error === undefined ? [] : [`${rank}: ${paint(state, colors[state] ?? 'dim', style)}: ${escapeText(error)}`]),
    ...(known === undefined ? [] : [`${rank}: ${paint('known', 'dim', style)}: ${escapeText(known)}`]),
  ])
  return [own, '', await table(columns, rows, style), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

function time(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `${milliseconds} ms`
}
