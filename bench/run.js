// Ours beside the peers, case by case: `npm run bench [-- OPTIONS]`. Needs `npm run build` before.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { allCases } from './cases.js'
import { makeClients } from './clients.js'
import { cache, describeTool, findTool } from './peers.js'
import { formatReport, replaceBetweenMarkers } from './report.js'
import { measureCase } from './rounds.js'
import { setStage } from './stage.js'
import { measureStart } from './start.js'
import { measureStartup } from './startup.js'
import { describeRun } from './surroundings.js'

const usage = `Usage: node bench/run.js [OPTIONS]
  --cases a,b         only these groups: ${[...new Set(allCases(false).map(({ group }) => group))].join(', ')}, start
  --peers a,b         only these: crane, skopeo, regctl (the default), oras
  --rounds N          rounds a case instead of 5 (3 for the slow ones)
  --quick             one round, no warm-up, smaller images: does everything work?
  --registry debian   Debian's docker-registry instead of distribution 3 built with this machine's Go
  --program FILE      another build of ours: its bin/run.js
  --write             write bench/README.md even when only some cases ran; a whole run always does`

// Node 20 parses that file at each start, 35 ms: a burden of this machine, not of the program.
delete process.env.NODE_EXTRA_CA_CERTS

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    peers: { type: 'string', default: 'crane,skopeo,regctl' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    registry: { type: 'string' },
    program: { type: 'string', default: join(import.meta.dirname, '..', 'bin', 'run.js') },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}

for (const tool of ['/usr/bin/time', '/usr/bin/setpriv', '/proc/self/stat']) {
  if (!existsSync(tool))
    throw new Error(`${tool} is not there: the bench needs Linux and Debian's packages time and util-linux`)
}
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
  throw new Error(`--rounds ${values.rounds}: how many?`)
const quick = values.quick
const program = resolve(values.program)
const page = join(import.meta.dirname, 'README.md')
const folder = mkdtempSync(join(scratch(), 'regctl-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const stop = new AbortController()
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))
}
/** @type {(() => Promise<void>)[]} */
const endings = []

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? (stop.signal.aborted ? error.message : error.stack) : error)
  process.exitCode = 1
} finally {
  for (const end of endings) await end()
}

async function main() {
  const groups = values.cases?.split(',')
  const cases = allCases(quick).filter(({ group }) => groups === undefined || groups.includes(group))
  const withStart = groups?.includes('start') ?? true
  if (cases.length === 0 && !withStart) throw new Error(`no such case\n${usage}`)
  const tools = values.peers.split(',').flatMap(name => findTool(name, say) ?? [])
  const server =
    values.registry === 'debian'
      ? describeTool('registry', '/usr/bin/docker-registry')
      : findTool('registry', say, ['registry', 'docker-registry'])
  if (server === undefined) throw new Error('there is no registry: install docker-registry, or Go')
  const clients = makeClients(tools, { program, folder })
  for (const client of clients) client.forget()

  const began = Date.now()
  const common = { folder, signal: stop.signal }
  const start = await measureStart({ ...common, program, rounds: quick ? 3 : 11 })
  say('making images')
  const stage = await setStage(cases, { ...common, program: server.path, quick, endings })
  const results = []
  for (const what of cases) {
    results.push(
      await measureCase(what, { clients, stage, say, ...(quick ? { rounds: 1, warmUp: false } : { rounds }) }),
    )
  }

  const seconds = (Date.now() - began) / 1000
  const args = process.argv.slice(2)
  const surroundings = describeRun({ args, tools: [...tools, server], folder: dirname(folder), seconds, start })
  const report = [
    surroundings,
    ...(results.length > 0 ? [formatReport(results, start)] : []),
    ...(withStart ? [measureStartup(program, quick ? 5 : 21, start)] : []),
  ].join('\n\n')
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'last-run.json'), JSON.stringify({ start, results }, undefined, 1))
  console.log(report)
  const whole = groups === undefined && !quick
  if (whole || values.write) writeFileSync(page, replaceBetweenMarkers(readFileSync(page, 'utf8'), report))
}

/** Memory where there is enough of it: a disk would be measured otherwise. */
function scratch() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > 6 * 2 ** 30) return '/dev/shm'
  } catch {
    // There is none.
  }
  return tmpdir()
}

/** @param {string} line */
function say(line) {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
}
