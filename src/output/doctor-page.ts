import type { Status, Step } from '../doctor/diagnosis.ts'
import { escapeText } from './escape.ts'
import { type Paint, paint, type Style } from './style.ts'
import { wrap } from './width.ts'

const marks: Readonly<Record<Status, { unicode: string; plain: string; how: Paint }>> = {
  ok: { unicode: '✓', plain: 'ok  ', how: 'green' },
  warning: { unicode: '!', plain: 'WARN', how: 'yellow' },
  failed: { unicode: '✗', plain: 'FAIL', how: 'red' },
  skipped: { unicode: '–', plain: '-   ', how: 'dim' },
}

const nameWidth = 10
const narrowest = 30

/** One step: a mark, its name, what was seen, and below it what to do; wrapped to the terminal. Foreign text is escaped (T14). */
export function stepLines({ name, status, summary, hint }: Step, style: Style): string {
  const { unicode, plain, how } = marks[status]
  const mark = style.unicode ? unicode : plain
  const indent = mark.length + nameWidth + 3
  const room = Math.max(narrowest, style.width - indent)
  const seen = wrap(escapeText(summary), room)
  const advice = hint === undefined ? [] : wrap(`${style.unicode ? '→' : '->'} ${escapeText(hint)}`, room)
  const lines = [
    ...seen.map(line => (status === 'skipped' ? paint(line, 'dim', style) : line)),
    ...advice.map(line => paint(line, 'cyan', style)),
  ]
  const head = `${paint(mark, how, style)} ${paint(name.padEnd(nameWidth), 'bold', style)}  `
  return lines.map((line, index) => (index === 0 ? head : ' '.repeat(indent)) + line).join('\n')
}

/** Whether a step stood behind a failure; `leftOut` names all of those on one line. */
export function isLeftOut({ status, details }: Step): boolean {
  return status === 'skipped' && details.because !== undefined
}

/** '' when there is none. */
export function leftOut(steps: readonly Step[], style: Style): string {
  const names = steps.filter(isLeftOut).map(({ name }) => name)
  if (names.length === 0) return ''
  const { unicode, plain } = marks.skipped
  const indent = `${style.unicode ? unicode : plain} `
  const lines = wrap(`not looked at: ${names.join(', ')}`, Math.max(narrowest, style.width - indent.length))
  return paint(
    lines.map((line, index) => (index === 0 ? indent : ' '.repeat(indent.length)) + line).join('\n'),
    'dim',
    style,
  )
}

/** The last line: where a pull fails, or that it does not. */
export function verdict(steps: readonly Step[], style: Style): string {
  const failed = steps.find(({ status }) => status === 'failed')
  const warnings = steps.filter(({ status }) => status === 'warning').length
  if (failed) return paint(`A pull fails at ${failed.name}.`, 'bold', style)
  const isWhole = steps.some(({ name, status }) => name === 'manifest' && status === 'ok')
  const works = isWhole ? 'A pull works' : 'The registry answers'
  const some = warnings === 1 ? '1 warning above' : `${warnings} warnings above`
  return paint(warnings === 0 ? `${works}.` : `${works}; ${some}.`, 'bold', style)
}
