/** How text may look on one stream; decided once. */
export interface Style {
  isTTY: boolean
  /** A terminal that cannot move its cursor: TERM=dumb. */
  dumb?: boolean
  color: boolean
  unicode: boolean
  /** Columns; Infinity where nobody looks at the edge: a pipe or a file. */
  width: number
  /** Lines of the terminal. */
  height: number
}

/** The stream as `process.stdout` and `process.stderr` describe themselves. */
export interface StreamFacts {
  isTTY?: boolean | undefined
  columns?: number | undefined
  rows?: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** NO_COLOR (no-color.org), FORCE_COLOR (0 and false turn off), TERM=dumb and the terminal decide, in this order: FORCE_COLOR, NO_COLOR, TERM, TTY. */
export function styleFor(stream: StreamFacts, env: Environment): Style {
  const isTTY = stream.isTTY === true
  const dumb = env.TERM === 'dumb'
  return {
    isTTY,
    ...(dumb && { dumb }),
    color: wantsColor(isTTY && !dumb, env),
    unicode: isTTY && !dumb && env.TERM !== 'linux' && speaksUtf8(env),
    width: isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY,
    height: isTTY ? stream.rows || 24 : Number.POSITIVE_INFINITY,
  }
}

const codes = {
  bold: ['\u001b[1m', '\u001b[22m'],
  dim: ['\u001b[2m', '\u001b[22m'],
  red: ['\u001b[31m', '\u001b[39m'],
  green: ['\u001b[32m', '\u001b[39m'],
  yellow: ['\u001b[33m', '\u001b[39m'],
  cyan: ['\u001b[36m', '\u001b[39m'],
} as const

export type Paint = keyof typeof codes

/** The text in this colour or weight, or untouched where the style has no colour. */
export function paint(text: string, how: Paint, { color }: Pick<Style, 'color'>): string {
  if (!color || text === '') return text
  const [on, off] = codes[how]
  return `${on}${text}${off}`
}

function wantsColor(terminal: boolean, env: Environment): boolean {
  const forced = env.FORCE_COLOR
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return !env.NO_COLOR && terminal
}

/** Without a locale a terminal is taken to be a modern one. */
function speaksUtf8({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG
  return !locale || /utf-?8/i.test(locale)
}
