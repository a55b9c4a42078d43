import type { Digest } from '../model/digest.ts'
import { shortDigest } from '../model/digest.ts'
import { escapeText } from './escape.ts'
import type { Snapshot, Transfer } from './progress-state.ts'
import { paint, type Style } from './style.ts'
import { formatBytes, formatCount, formatDuration, formatRate, formatWait } from './units.ts'
import { cutToWidth } from './width.ts'

/** For a log: `12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left (3 of 12 done)`; one line. */
export function plainLine(now: Snapshot): string {
  const isUnderWay = now.found > 0 || [now.reading, now.tags, now.images].some(each => each !== undefined)
  return [...(isUnderWay ? [progressText(now)] : []), ...troubleText(now)].join('; ')
}

/** For a terminal: the total, what is wrong, and a bar for each piece on its way; never more lines than `style.height - 2`. */
export function liveLines(now: Snapshot, style: Style): string[] {
  // The spinner and its blank stand before the first line; a full last column would wrap.
  const room = style.width - 3
  const head = [
    progressText(now),
    ...troubleText(now).map(text => paint(cutToWidth(text, room, style), 'yellow', style)),
  ]
  const lines = Math.max(0, style.height - 2 - head.length)
  const hidden = now.active.length > lines ? now.active.length - Math.max(0, lines - 1) : 0
  const shown = now.active.slice(0, now.active.length - hidden)
  const bars = shown.map(transfer => barLine(transfer, room, style))
  const rest = hidden > 0 && lines > 0 ? [`  and ${hidden} more`] : []
  return [cutToWidth(head[0] ?? '', room, style), ...head.slice(1), ...bars, ...rest]
}

function progressText(now: Snapshot): string {
  if (now.reading) return readingText(now.reading)
  if (now.tags !== undefined) return `looked up ${formatCount(now.tags, 'tag')}`
  if (now.found === 0) return now.images ? `${now.images.done} of ${now.images.total} done` : 'starting'
  const parts = [`${formatBytes(now.settled)} of ${formatBytes(now.total)}`, `${now.percent} %`]
  if (now.rate > 0) parts.push(formatRate(now.rate))
  if (now.secondsLeft !== undefined && now.secondsLeft > 0) parts.push(`${formatDuration(now.secondsLeft)} left`)
  if (now.retries > 0) parts.push(formatCount(now.retries, 'retry', 'retries'))
  const { done, total } = now.images ?? { done: now.done, total: now.found }
  return `${parts.join(', ')} (${done} of ${total}${now.images ? ' images' : ''} done)`
}

function readingText({ name, bytes, size }: NonNullable<Snapshot['reading']>): string {
  return `reading ${escapeText(name)}: ${formatBytes(bytes)} of ${formatBytes(size)}`
}

function troubleText({ waiting, stalledFor }: Snapshot): string[] {
  if (waiting) return [`waiting ${formatWait(waiting.seconds)}: ${escapeText(waiting.reason)}`]
  if (stalledFor !== undefined) return [`no data for ${formatDuration(stalledFor)}`]
  return []
}

/** `  sha256:0123456789ab ━━━━━━━───  40 %  1.2 MiB of 3.0 MiB`; the bar is what is left of the width. */
function barLine({ content, at }: Transfer, room: number, style: Style): string {
  const share = content.size === 0 ? 1 : Math.min(1, at / content.size)
  const name = shortDigest(content.digest as Digest)
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  const amount = `${formatBytes(Math.min(at, content.size))} of ${formatBytes(content.size)}`
  const taken = 2 + name.length + 1 + 1 + percent.length + 2 + amount.length
  const width = Math.min(40, room - taken)
  if (width < 4) return cutToWidth(`  ${name} ${percent}  ${amount}`, room, style)
  const full = Math.round(share * width)
  const [on, off] = style.unicode ? ['━', '─'] : ['#', '-']
  const bar = paint(on.repeat(full), 'cyan', style) + paint(off.repeat(width - full), 'dim', style)
  return `  ${name} ${bar} ${percent}  ${amount}`
}
