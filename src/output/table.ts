import { escapeText } from './escape.ts'
import { type Paint, paint, type Style } from './style.ts'
import { cutToWidth, displayWidth, longestWord, wrapToWidth } from './width.ts'

export interface Column {
  title: string
  /** Numbers stand to the right. */
  align?: 'left' | 'right'
  /** What gives when the terminal is narrow: `cut` ends in …, `wrap` takes more lines. Default `keep`. */
  fit?: 'keep' | 'cut' | 'wrap'
  /** The same in fewer columns, where the terminal is narrow: the day of a time. */
  brief?: (text: string) => string
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
  const full = rows.map(row => columns.map((_, at) => escapeText(row[at] ?? '')))
  const cells = needsBrief(columns, full, style.width)
    ? full.map(row => row.map((text, at) => columns[at]?.brief?.(text) ?? text))
    : full
  const widths = fitWidths(columns, cells, style.width)
  const grid = new Table({
    chars: borderless,
    colWidths: widths.map((width, at) => width + (at < widths.length - 1 ? gap : 0)),
    colAligns: columns.map(column => column.align ?? 'left'),
    truncate: '',
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  })
  // A row for each line: the library takes the cube of the lines of one cell.
  const add = (texts: readonly string[], how: (column: Column) => Paint | undefined) => {
    const lines = texts.map((text, at) =>
      columns[at]?.fit === 'wrap' ? wrapToWidth(text, widths[at] ?? 0) : [cutToWidth(text, widths[at] ?? 0, style)],
    )
    const height = Math.max(...lines.map(each => each.length))
    for (let row = 0; row < height; row++) {
      grid.push(
        columns.map((column, at) => {
          const text = lines[at]?.[row] ?? ''
          const color = how(column)
          const content = color ? paint(text, color, style) : text
          return { content, style: { 'padding-right': at < widths.length - 1 ? gap : 0 } }
        }),
      )
    }
  }
  add(
    columns.map(column => column.title),
    () => 'bold',
  )
  for (const row of cells) add(row, column => column.paint)
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

/**
 * Who gives first where the terminal is narrow, and down to how many columns: `sha256:0123456789ab…` still tells two digests apart, and words stay
 * whole as long as a cut can go on.
 */
const concessions = [
  { fit: 'cut', least: 20 },
  { fit: 'wrap', least: 12, keepsWords: true },
  { fit: 'cut', least: 8 },
  { fit: 'wrap', least: 12 },
  { fit: 'wrap', least: 8 },
] as const

/** A word that is longer is broken anyway. */
const longWord = 24

/** Whether columns that could be brief have to be, because what may be cut gives too little. */
function needsBrief(columns: readonly Column[], cells: readonly (readonly string[])[], width: number): boolean {
  if (!columns.some(({ brief }) => brief)) return false
  const least = naturalWidths(columns, cells).map((own, at) => {
    const { fit, title = '' } = columns[at] ?? {}
    if (fit === 'cut') return Math.min(own, Math.max(concessions[0].least, title.length))
    if (fit === 'wrap') return Math.min(own, 2 * longWord)
    return own
  })
  return least.reduce((sum, each) => sum + each, gap * (least.length - 1)) > width
}

function naturalWidths(columns: readonly Column[], cells: readonly (readonly string[])[]): number[] {
  return columns.map((column, at) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? '')), displayWidth(column.title)),
  )
}

/** Natural widths; then the widest column of those whose turn it is gives, one by one. */
function fitWidths(columns: readonly Column[], cells: readonly (readonly string[])[], width: number): number[] {
  const widths = naturalWidths(columns, cells)
  if (width === Number.POSITIVE_INFINITY) return widths
  for (const [at, column] of columns.entries()) {
    // Text of a megabyte need not give a million times.
    if (column.fit && column.fit !== 'keep')
      widths[at] = Math.min(widths[at] ?? 0, Math.max(width, column.title.length))
  }
  const words = columns.map((column, at) =>
    column.fit === 'wrap' ? cells.reduce((most, row) => Math.max(most, longestWord(row[at] ?? '')), 0) : 0,
  )
  const total = () => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1))
  for (const concession of concessions) {
    const { fit } = concession
    const leastOf = (column: Column, at: number) => {
      const word = 'keepsWords' in concession ? Math.min(words[at] ?? 0, longWord) : 0
      return Math.max(concession.least, column.title.length, word)
    }
    while (total() > width) {
      const givers = columns.flatMap((column, at) => {
        const own = widths[at] ?? 0
        return column.fit === fit && own > leastOf(column, at) ? [{ at, own }] : []
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
