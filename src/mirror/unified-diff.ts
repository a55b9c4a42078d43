/** Lines around the change. */
const context = 3

/**
 * The difference as `diff -u` writes it, in one hunk from the first line that differs to the last; '' when there is none. Around the change may
 * stand the login of a proxy or the header of a host: what looks like a secret is hidden (T15).
 */
export function unifiedDiff(file: string, before: string, after: string): string {
  const [old, young] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < Math.min(old.length, young.length) && old[head] === young[head]) head++
  let tail = 0
  while (tail < Math.min(old.length, young.length) - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++
  if (head === old.length && head === young.length) return ''
  const from = Math.max(0, head - context)
  const upTo = Math.max(0, tail - context)
  const range = (lines: string[]) => {
    const count = lines.length - upTo - from
    return `${count === 0 ? from : from + 1},${count}`
  }
  const marked = (mark: string, lines: string[]) =>
    lines.flatMap(line =>
      line.endsWith('\n') ? [mark + line.slice(0, -1)] : [mark + line, '\\ No newline at end of file'],
    )
  return [
    `--- ${file}`,
    `+++ ${file}`,
    `@@ -${range(old)} +${range(young)} @@`,
    ...marked(' ', old.slice(from, head)),
    ...marked('-', old.slice(head, old.length - tail)),
    ...marked('+', young.slice(head, young.length - tail)),
    ...marked(' ', old.slice(old.length - tail, old.length - upTo)),
  ]
    .map(hidden)
    .join('\n')
}

function hidden(line: string): string {
  return line
    .replace(/\/\/[^/\s"'@]*@/g, '//***@')
    .replace(/\b(Basic|Bearer)\s+[\w.~+/=-]{4,}/gi, '$1 ***')
    .replace(
      /^((?:[ +-]\s*|.*[{,]\s*)["']?[\w.-]{0,80}(?:auth|token|secret|passw|api.?key)[\w.-]{0,80}["']?\s*[:=]\s*)(?=[^\s{]).*$/i,
      '$1***',
    )
}

/** Each with its end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
