import type { Ora } from 'ora'
import type { OnCopyEvent } from '../copy/events.ts'
import { escapeJsonLine } from './escape.ts'
import { liveLines, plainLine } from './progress-lines.ts'
import { createProgressState, leastWait, type ProgressState } from './progress-state.ts'
import { type Style, styleFor } from './style.ts'

/** What `--progress` takes. */
export const progressModes = ['auto', 'tty', 'plain', 'json', 'none'] as const
export type ProgressMode = (typeof progressModes)[number]

export interface ProgressOptions {
  mode: ProgressMode
  /** Where it is drawn: stderr. */
  stream: NodeJS.WriteStream
  /** How the stream looks; what a terminal measures is read again at each drawing, for it may be resized. */
  style: Style
  /** Milliseconds of a steady clock. Default `performance.now`. */
  now?: () => number
}

/** Takes events, however many, and draws a few times a second until `stop`, which leaves the terminal clean. */
export interface Progress {
  onEvent: OnCopyEvent
  stop(): void
}

const drawMs = 100
const plainMs = 5_000

/**
 * `auto` is live bars on a terminal that can move its cursor, and a line every few seconds elsewhere; also on a terminal that says it has no
 * columns, as one of `script` or of a container may: ora would go up over infinitely many lines.
 */
export function createProgress({ mode, stream, style, now = () => performance.now() }: ProgressOptions): Progress {
  if (mode === 'none') return { onEvent: () => {}, stop: () => {} }
  if (mode === 'json') return jsonProgress(stream)
  const state = createProgressState()
  const live = mode === 'tty' || (mode === 'auto' && style.isTTY && !style.dumb)
  if (!live || stream.columns === 0) return plainProgress(state, { stream, now })
  return { onEvent: event => state.take(event, now()), stop: drawLive(state, { stream, style, now }) }
}

type Surface = { stream: NodeJS.WriteStream; now: () => number }

/** One event a line; bytes that moved are summed for a tenth of a second, for nobody reads thousands of lines a second. */
function jsonProgress(stream: NodeJS.WriteStream): Progress {
  type Moved = Extract<Parameters<OnCopyEvent>[0], { type: 'moved' }>
  const sums = new Map<string, Moved>()
  const write = (event: object) => stream.write(`${escapeJsonLine(event)}\n`)
  const flush = () => {
    for (const event of sums.values()) write(event)
    sums.clear()
  }
  const timer = setInterval(flush, drawMs).unref()
  return {
    onEvent: event => {
      if (event.type === 'moved') {
        const { digest } = event.content
        sums.set(digest, { ...event, bytes: event.bytes + (sums.get(digest)?.bytes ?? 0) })
        return
      }
      flush()
      write(event)
    },
    stop: () => {
      clearInterval(timer)
      flush()
    },
  }
}

/** Nothing for a copy that is over before the first interval; a wait is told when it begins. */
function plainProgress(state: ProgressState, { stream, now }: Surface): Progress {
  let last = ''
  let toldAt = Number.NEGATIVE_INFINITY
  const write = () => {
    const snapshot = state.at(now())
    const line = plainLine(snapshot)
    if (line !== '' && line !== last) stream.write(`${line}\n`)
    last = line
  }
  const timer = setInterval(write, plainMs).unref()
  return {
    onEvent: event => {
      state.take(event, now())
      if (event.type !== 'waiting' || event.seconds < leastWait || now() - toldAt < plainMs) return
      toldAt = now()
      write()
    },
    stop: () => clearInterval(timer),
  }
}

/** ora carries the lines: it redraws in place, keeps other writes to the terminal whole and shows the cursor again. */
function drawLive(state: ProgressState, { stream, style, now }: Surface & { style: Style }): () => void {
  let spinner: Ora | undefined
  let stopped = false
  const text = () => {
    const size = styleFor(stream, {})
    return liveLines(state.at(now()), { ...style, width: size.isTTY ? size.width : 80, height: size.height }).join('\n')
  }
  const timer = setInterval(() => {
    if (spinner) spinner.text = text()
  }, drawMs).unref()
  void import('ora').then(({ default: ora }) => {
    if (stopped) return
    const color = style.color ? 'cyan' : false
    const frames = style.unicode ? 'dots' : 'line'
    spinner = ora({
      stream,
      color,
      spinner: frames,
      interval: drawMs,
      discardStdin: false,
      isEnabled: true,
      text: text(),
    })
    spinner.start()
  })
  return () => {
    stopped = true
    clearInterval(timer)
    spinner?.stop()
  }
}
