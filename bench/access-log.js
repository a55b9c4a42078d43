/**
 * One answered request of a registry's access log (Apache's combined form, which distribution writes).
 *
 * @typedef {{ method: string, path: string, status: number, bytes: number, agent: string }} LogLine
 */

const line = /"([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) (\d+) "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"/g

/**
 * @param {string} text everything that a registry wrote; other lines are passed over
 * @returns {LogLine[]} without the marks that `markPath` names
 */
export function parseAccessLog(text) {
  const lines = [...text.matchAll(line)].map(([, method = '', path = '', status, bytes, agent = '']) => {
    return { method, path, status: Number(status), bytes: Number(bytes), agent }
  })
  return lines.filter(({ path }) => !path.startsWith('/mark-'))
}

/**
 * A path that no client asks for: its line in the log tells that the lines of all requests before it are there.
 *
 * @param {number} number
 */
export function markPath(number) {
  return `/mark-${number}`
}
