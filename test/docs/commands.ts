/** One command of a page, as it stands behind `$`. */
export interface PageCommand {
  /** For a shell, its comment included. */
  line: string
  /** By `# exit N` at its end; 0 without. */
  code: number
  /** The lines below it; none: nothing is said of its output. */
  output: string[]
}

/** The code blocks of a page that hold commands, byte for byte. */
export function commandBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)]
    .map(([, text = '']) => text)
    .filter(text => text.startsWith('$ '))
}

/** Every command of a page, in order. */
export function commandsIn(markdown: string): PageCommand[] {
  return commandBlocks(markdown).flatMap(block =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map(text => {
        const [line = '', ...output] = text.trimEnd().split('\n')
        return { line, code: Number(/# exit (\d+)$/.exec(line)?.[1] ?? 0), output }
      }),
  )
}

/** What stays of an output when digests, sizes, times, counts of requests and the width of columns are taken out: its shape. */
export function shapeOf(lines: readonly string[]): string[] {
  return lines.map(line =>
    line
      .replace(/sha256:\S+/g, 'DIGEST')
      .replace(/\b\d+(?:\.\d)? [KMG]?i?B\b/g, 'SIZE')
      .replace(/\b(?:\d+ min )?\d+(?:\.\d)? s\b/g, 'TIME')
      .replace(/\b\d+ requests?\b/g, 'REQUESTS')
      // A machine that is busy may let a connection wait too long.
      .replace(/, \d+ of them again$/, '')
      .replaceAll('→', '->')
      .replaceAll('├─', '|-')
      .replaceAll('└─', '`-')
      .replaceAll('│', '|')
      .replace(/ +/g, ' ')
      .trimEnd(),
  )
}
