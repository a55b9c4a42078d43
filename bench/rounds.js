import { us } from './clients.js'
import { findFault } from './images.js'
import { run } from './measure.js'
import { startProxy } from './proxy.js'

/**
 * @typedef {import('./cases.js').Case} Case
 * @typedef {import('./clients.js').Client} Client
 * @typedef {import('./images.js').Image} Image
 * @typedef {import('./report.js').Row} Row
 * @typedef {import('./stage.js').Pair} Pair
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {{
 *   ok: boolean, fault: string | undefined, wall: number, cpu: number, memory: number, firstLine: number,
 *   sourceRequests: number, destinationRequests: number, sourceCpu: number, destinationCpu: number,
 *   sent: number | undefined, received: number | undefined,
 * }} Sample one run; `sent` to the destination and `received` from the source, in bytes, where a proxy stood between
 */

/** Seconds, for one run. */
const timeout = 180
const fewRounds = 5

/**
 * All rounds of one case: the clients in turn, one after the other, beginning with another one each time.
 *
 * @param {Case} what
 * @param {{ clients: readonly Client[], stage: Stage, say: (line: string) => void, rounds?: number | undefined, warmUp?: boolean }} options
 * @returns {Promise<import('./report.js').Result>}
 */
export async function measureCase(what, { clients, stage, say, ...options }) {
  const rounds = options.rounds ?? what.rounds ?? fewRounds
  const warmUp = options.warmUp ?? what.warmUp ?? true
  const able = clients.filter(each => what.kind !== 'repositories' || each.repositories !== undefined)
  const running = able.filter(({ name }) => name === us || what.clients.includes(name))
  const rows = running.map(client => ({ client, samples: /** @type {Sample[]} */ ([]) }))
  const image = stage.images.get(what.image)
  if (image === undefined) throw new Error(`there is no image ${what.image}`)
  const scene = { image, folder: stage.folder, signal: stage.signal, pair: what.tls ? stage.tls : stage.plain }
  if (what.kind === 'unchanged' || what.kind === 'new tag') await fill(what, running[0], scene)

  const began = Date.now()
  for (let round = warmUp ? 0 : 1; round <= rounds; round += 1) {
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[(at + round) % rows.length]
      // A peer that failed fails again; we are asked each time.
      if (row === undefined || (row.client.name !== us && row.samples.some(({ ok }) => !ok))) continue
      const tag = what.kind === 'new tag' ? `${row.client.name.replaceAll(/\W+/g, '-')}-${round}` : '1'
      const taken = await sample(what, row.client, { round, tag, scene })
      if (!taken.ok) say(`${what.title}: ${row.client.name}: ${taken.fault}`)
      if (round > 0 || !taken.ok) row.samples.push(taken)
    }
  }
  say(`${what.title}: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  return {
    what,
    bytes: image.bytes,
    rows: rows.map(({ client: { name, rival }, samples }) => ({ client: name, rival, samples })),
  }
}

/**
 * @typedef {{ folder: string, signal: AbortSignal, pair: Pair, image: Image }} Scene
 * @param {Case} what
 * @param {Client | undefined} client
 * @param {Scene} scene
 */
async function fill(what, client, scene) {
  if (client === undefined) return
  const near = { ...what, kind: /** @type {const} */ ('cold'), source: undefined, destination: undefined }
  const { ok, fault } = await sample(near, client, { round: 0, tag: '1', scene })
  if (!ok) throw new Error(`${what.title}: ${fault}`)
}

/**
 * One run of one client, from a destination in the state that the case asks for to one that was looked through.
 *
 * @param {Case} what
 * @param {Client} client
 * @param {{ round: number, tag: string, scene: Scene }} now
 * @returns {Promise<Sample>}
 */
export async function sample(what, client, { round, tag, scene }) {
  const { pair, image, folder, signal } = scene
  const { source, destination, caFile } = pair
  if (what.kind === 'cold' || what.kind === 'killed') {
    destination.empty()
    client.forget()
  }
  const sourceProxy = what.source && (await startProxy(source.port, what.source(round)))
  const destinationProxy = what.destination && (await startProxy(destination.port, what.destination(round)))
  const from = `127.0.0.1:${sourceProxy?.port ?? source.port}`
  const to = `127.0.0.1:${destinationProxy?.port ?? destination.port}`
  const repository = `bench/${what.image}:${tag}`
  const command =
    what.kind === 'tags'
      ? client.tags(`${from}/bench/tags`)
      : what.kind === 'repositories'
        ? (client.repositories?.(from) ?? fail(`${client.name} cannot list repositories`))
        : client.copy({ source: `${from}/bench/${what.image}:1`, destination: `${to}/${repository}` }, { ca: caFile })
  try {
    const watched = [source.watch(), destination.watch()]
    let wall = 0
    for (const killAfter of what.kills?.(round) ?? []) {
      wall += (await run(command, { folder, signal, timeout, killAfter })).wall
    }
    const last = await run(command, { folder, signal, timeout })
    const [atSource, atDestination] = await Promise.all(watched.map(end => end()))
    const wrong =
      what.lines === undefined
        ? await findFault(destination, repository, image)
        : last.lines < what.lines
          ? `only ${last.lines} lines`
          : undefined
    const failure = last.status === 0 ? undefined : `exit ${last.status ?? 'by signal'}: ${lastWords(last.output)}`
    return {
      ok: failure === undefined && wrong === undefined,
      fault: failure ?? wrong,
      wall: wall + last.wall,
      cpu: last.cpu,
      memory: last.memory,
      firstLine: last.firstLine,
      sourceRequests: atSource?.requests.length ?? 0,
      destinationRequests: atDestination?.requests.length ?? 0,
      sourceCpu: atSource?.cpu ?? 0,
      destinationCpu: atDestination?.cpu ?? 0,
      sent: destinationProxy?.traffic.sent,
      received: sourceProxy?.traffic.received,
    }
  } finally {
    await Promise.all([sourceProxy?.close(), destinationProxy?.close()])
  }
}

/** What a program said last, as far as it fits into a cell. @param {string} output */
function lastWords(output) {
  const text = output.trim().replaceAll(/\s+/g, ' ')
  return text.length > 120 ? `…${text.slice(-120)}` : text
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message)
}
