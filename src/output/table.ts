import { escapeText } from './escape.ts'
import { type Paint, paint, type Style } from './style.ts'
import { cutToWidth, displayWidth } from './width.ts'

export interface Column {
  title: string
  /** Numbers stand to the right. */
  align?: 'left' | 'right'
  /** What gives when the terminal is narrow: `cut` ends in …, `wrap` takes more lines. Default `keep`. */
  fit?: 'keep' | 'cut' | 'wrap'
  paint?: Paint
}

/** A column, and what stands in it for a thing that makes a row. */
export interface Cell<T> {
  column: Column
  text: (item: T) => string
}

const gap = 2

/**
 * Aligned columns without borders, at most `style.width` wide where a column may give; cells are foreign text and
 * are escaped here (T14). No line ends in blanks; there is no final newline.
 */
export async function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const cells = rows.map(row => columns.map((_, at) => escapeText(row[at] ?? '')))
  const widths = fitWidths(columns, cells, style.width)
  const grid = new Table({
    chars: borderless,
    colWidths: widths.map((width, at) => width + (at < widths.length - 1 ? gap : 0)),
    colAligns: columns.map(column => column.align ?? 'left'),
    wordWrap: true,
    truncate: '',
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  })
  const line = (texts: readonly string[], how: (column: Column) => Paint | undefined) =>
    texts.map((text, at) => {
      const column = columns[at] ?? { title: '' }
      const shown = column.fit === 'wrap' ? text : cutToWidth(text, widths[at] ?? 0, style)
      const color = how(column)
      const content = color ? paint(shown, color, style) : shown
      // A word longer than its column is broken: cut off, it would be lost.
      const wrapOnWordBoundary = text.split(' ').every(word => word.length <= (widths[at] ?? 0))
      return { content, wrapOnWordBoundary, style: { 'padding-right': at < widths.length - 1 ? gap : 0 } }
    })
  grid.push(
    line(
      columns.map(column => column.title),
      () => 'bold',
    ),
  )
  for (const row of cells) grid.push(line(row, column => column.paint))
  return grid
    .toString()
    .split('\n')
    .map(text => text.trimEnd())
    .join('\n')
}

/** A row of one line for each item; columns in which nothing stands are left out, but never the first. */
export function filledTable<T>(cells: readonly Cell<T>[], items: readonly T[], style: Style): Promise<string> {
  const shown = cells.filter(({ text }, at) => at === 0 || items.some(item => text(item) !== ''))
  return table(
    shown.map(({ column }) => column),
    items.map(item => shown.map(({ text }) => text(item).replace(/\s+/g, ' '))),
    style,
  )
}

/** Who gives first where the terminal is narrow, and down to how many columns: `sha256:0123456789ab…` still tells two digests apart. */
const concessions = [
  { fit: 'cut', least: 20 },
  { fit: 'wrap', least: 12 },
  { fit: 'cut', least: 8 },
  { fit: 'wrap', least: 8 },
] as const

/** Natural widths; then the widest column of those whose turn it is gives, one by one. */
function fitWidths(columns: readonly Column[], cells: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, at) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? '')), displayWidth(column.title)),
  )
  if (width === Number.POSITIVE_INFINITY) return widths
  for (const [at, column] of columns.entries()) {
    // Text of a megabyte need not give a million times.
    if (column.fit && column.fit !== 'keep')
      widths[at] = Math.min(widths[at] ?? 0, Math.max(width, column.title.length))
  }
  const total = () => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1))
  for (const { fit, least } of concessions) {
    while (total() > width) {
      const givers = columns.flatMap((column, at) => {
        const own = widths[at] ?? 0
        return column.fit === fit && own > Math.max(least, column.title.length) ? [{ at, own }] : []
      })
      const [first, ...others] = givers
      if (!first) break
      const widest = others.reduce((most, giver) => (giver.own > most.own ? giver : most), first)
      widths[widest.at] = widest.own - 1
    }
  }
  return widths
}

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}
