import { reasons } from './reasons.js'
import { spread } from './statistics.js'

/**
 * @typedef {import('./cases.js').Case} Case
 * @typedef {import('./cases.js').Target} Target
 * @typedef {import('./rounds.js').Sample} Sample
 * @typedef {{ client: string, rival: boolean, samples: Sample[] }} Row
 * @typedef {{ what: Case, bytes: number, rows: Row[] }} Result `bytes` of the image; our own row is the first
 * @typedef {{ wall: number, cpu: number }} Start our own start-up up to the first request, seconds
 */

const MiB = 1024 * 1024
const opening = '<!-- bench:begin -->'
const closing = '<!-- bench:end -->'

/**
 * What a target says about a result: its figure and whether it is reached; `undefined` where the peer is missing or failed.
 *
 * @param {Target} target
 * @param {Result} result
 * @param {Start} start
 * @returns {{ value: number, reached: boolean } | undefined}
 */
export function judge({ figure, atMost, of, afterStart }, { rows, bytes }, start) {
  const ours = rows[0]
  if (ours === undefined || !succeeded(ours)) return undefined
  let value = figureOf(figure, ours, bytes)
  if (of !== undefined) {
    const own = afterStart && (figure === 'wall' || figure === 'cpu') ? start[figure] : 0
    const peer = of === 'best' ? bestPeer(rows, figure) : rows.find(({ client }) => client === of)
    if (peer === undefined || !succeeded(peer)) return undefined
    value = (value - own) / figureOf(figure, peer, bytes)
  }
  return { value, reached: value <= atMost }
}

/**
 * The peer with the smallest median; rows that are only shown beside do not count, nor do those that failed.
 *
 * @param {readonly Row[]} rows
 * @param {Target['figure']} [figure]
 * @returns {Row | undefined}
 */
export function bestPeer(rows, figure = 'wall') {
  return rows
    .filter(row => row.rival && succeeded(row))
    .sort((a, b) => figureOf(figure, a, 1) - figureOf(figure, b, 1))[0]
}

/**
 * Two tables, the targets, case by case, and every row with all it took, and why what is missed is missed.
 *
 * @param {readonly Result[]} results
 * @param {Start} start
 * @returns {string} Markdown
 */
export function formatReport(results, start) {
  const short = results.map(result => {
    const [ours] = result.rows
    const best = bestPeer(result.rows)
    const targets = result.what.targets.map(target => formatTarget(target, result, start))
    const [own, theirs] = [ours && succeeded(ours) ? medianOf(ours) : undefined, best && medianOf(best)]
    return [
      result.what.title,
      own === undefined ? 'fails' : milliseconds(own),
      best === undefined ? 'none succeeds' : `${best.client} ${milliseconds(theirs)}`,
      own === undefined || theirs === undefined ? '–' : (own / theirs).toFixed(2),
      targets.join('; '),
    ]
  })
  const long = results.flatMap(result => {
    const best = bestPeer(result.rows)
    return result.rows.map((row, at) => [at === 0 ? result.what.title : '', ...formatRow(row, best, result)])
  })
  return [
    markdownTable(['case', 'ours, ms', 'best peer, ms', 'ratio', 'targets'], short),
    markdownTable(
      [
        ...['case', 'client', 'wall, ms', 'smallest', 'largest', 'ratio', 'CPU, s', 'MiB'],
        ...['registries’ CPU, s', 'requests', 'notes'],
      ],
      long,
    ),
    whyMissed(results, start),
  ].join('\n\n')
}

/** @param {readonly Result[]} results @param {Start} start */
function whyMissed(results, start) {
  const missed = results.flatMap(result =>
    result.what.targets.flatMap(target => {
      const judged = judge(target, result, start)
      if (judged === undefined || judged.reached) return []
      const { title } = result.what
      const why = reasons[title]?.[target.figure] ?? 'for a reason that nobody has written down in bench/reasons.js yet'
      return [{ missed: `**${title}**, ${formatTarget(target, result, start).replace(' ✗', '')}`, why }]
    }),
  )
  if (missed.length === 0) return 'No target is missed.'
  // What several share is said once.
  const lines = [...new Set(missed.map(({ why }) => why))].map(reason => {
    const each = missed.filter(({ why }) => why === reason).map(({ missed }) => missed)
    return `- ${each.join('; ')}: ${reason}.`
  })
  return ['What is missed, and why:', lines.join('\n')].join('\n\n')
}

/**
 * Puts the text between the markers of a page; all else stays as it is.
 *
 * @param {string} page
 * @param {string} text
 * @returns {string}
 * @throws Error where the page has no markers
 */
export function replaceBetweenMarkers(page, text) {
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)]
  if (from < 0 || to < from) throw new Error(`the page lacks ${opening} and ${closing}`)
  return `${page.slice(0, from + opening.length)}\n\n${text.trim()}\n\n${page.slice(to)}`
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function markdownTable(head, rows) {
  /** @param {readonly string[]} cells */
  const line = cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** @param {Target} target @param {Result} result @param {Start} start */
function formatTarget(target, result, start) {
  const { figure, of, atMost, afterStart } = target
  const name = `${names[figure]}${of && of !== 'best' ? ` of ${of}’s` : ''}${afterStart ? ', less start-up' : ''}`
  const verdict = judge(target, result, start)
  if (verdict === undefined) return `${name} ≤ ${number(atMost)}: no figure`
  return `${name} ${number(verdict.value)} ≤ ${number(atMost)} ${verdict.reached ? '✓' : '✗'}`
}

const names = {
  wall: 'wall',
  cpu: 'CPU',
  memory: 'MiB',
  requests: 'requests',
  destinationRequests: 'requests at the destination',
  moved: 'bytes',
}

/** @param {Row} row @param {Row | undefined} best @param {Result} result @returns {string[]} */
function formatRow({ client, samples }, best, { bytes, what }) {
  const done = samples.filter(({ ok }) => ok)
  const failed = samples.length - done.length
  const failures =
    failed === 0 ? [] : [`${failed} of ${samples.length} fail: ${samples.find(({ ok }) => !ok)?.fault ?? ''}`]
  const all = done.length > 0 ? done : samples
  const wall = spread(all.map(each => each.wall))
  const { median } = spread(all.map(each => each.cpu))
  const sum = spread(all.map(each => each.sourceCpu + each.destinationCpu)).median
  const bound = what.targets.some(({ figure }) => figure === 'moved')
  const moved = bound ? [formatMoved(all, bytes)] : []
  const first = what.lines === undefined ? [] : [firstLineOf(all)]
  return [
    client,
    milliseconds(wall.median),
    milliseconds(wall.smallest),
    milliseconds(wall.largest),
    best && done.length > 0 ? (wall.median / medianOf(best)).toFixed(2) : '–',
    median.toFixed(2),
    Math.round(spread(all.map(each => each.memory)).largest / MiB).toString(),
    sum.toFixed(2),
    ['sourceRequests', 'destinationRequests']
      .map(side => spread(all.map(each => each[/** @type {'sourceRequests'} */ (side)])).median)
      .join(' + '),
    [...moved, ...first, ...failures].join('; '),
  ]
}

/** @param {readonly Sample[]} samples @param {number} bytes */
function formatMoved(samples, bytes) {
  const [down, up] = [samples.map(each => each.received ?? 0), samples.map(each => each.sent ?? 0)]
  const times = [down, up].map(each => (spread(each).median / bytes).toFixed(2))
  return `bytes × ${times[0]} down, × ${times[1]} up`
}

/** @param {readonly Sample[]} samples */
function firstLineOf(samples) {
  return `first line ${milliseconds(spread(samples.map(each => each.firstLine)).median)} ms`
}

/** @param {Target['figure']} figure @param {Row} row @param {number} bytes */
function figureOf(figure, { samples }, bytes) {
  /** @type {Record<Target['figure'], (each: Sample) => number>} */
  const figures = {
    wall: each => each.wall,
    cpu: each => each.cpu,
    memory: each => each.memory / MiB,
    requests: each => each.sourceRequests + each.destinationRequests,
    destinationRequests: each => each.destinationRequests,
    moved: each => Math.max(each.sent ?? 0, each.received ?? 0) / bytes,
  }
  const { median, largest } = spread(samples.map(figures[figure]))
  return figure === 'memory' ? largest : median
}

/** @param {Row} row */
function succeeded({ samples }) {
  return samples.length > 0 && samples.every(({ ok }) => ok)
}

/** @param {Row} row seconds */
function medianOf({ samples }) {
  return spread(samples.map(({ wall }) => wall)).median
}

/** @param {number | undefined} seconds */
function milliseconds(seconds = Number.NaN) {
  return (seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)
}

/** @param {number} value */
function number(value) {
  return Number.isInteger(value) ? value.toString() : value.toFixed(value < 10 ? 2 : 0)
}
