// How long a command takes before it does anything: `npm run bench:startup [-- ROUNDS]`, as BENCH.md asks: in turn, one
// warm-up, medians, as a ratio to `node -e 0` in the same run. Needs `npm run build` before.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = Number(process.argv[2] ?? 21)
const program = join(import.meta.dirname, '..', 'bin', 'run.js')
const home = mkdtempSync(join(tmpdir(), 'regctl-startup-'))
// NODE_EXTRA_CA_CERTS alone takes 35 ms on Node 20.
const env = { PATH: process.env.PATH, HOME: home, TERM: 'dumb' }

const cases = [
  { name: 'node -e 0', args: ['-e', '0'], target: 1 },
  { name: '--version', args: [program, '--version'], target: 1.3 },
  { name: '--help', args: [program, '--help'], target: commandTarget() },
  { name: 'tags --help', args: [program, 'tags', '--help'], target: commandTarget() },
  { name: 'completion bash', args: [program, 'completion', 'bash'], target: commandTarget() },
  // All that a command loads before its first request, and the configuration read.
  { name: 'whoami HOST', args: [program, 'whoami', 'localhost:1'], target: commandTarget() },
]

const times = cases.map(() => /** @type {number[]} */ ([]))
for (let round = 0; round <= rounds; round += 1) {
  for (const [at, { args }] of cases.entries()) {
    const start = process.hrtime.bigint()
    spawnSync(process.execPath, args, { env, stdio: 'ignore' })
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
    if (round > 0) times[at]?.push(milliseconds)
  }
}
rmSync(home, { recursive: true, force: true })

const sorted = times.map(each => each.sort((a, b) => a - b))
const bare = median(sorted[0] ?? [])
console.log(`Node ${process.version}, ${rounds} rounds in turn\n`)
console.log('| command | median ms | smallest | largest | ratio | target |')
console.log('|---|---|---|---|---|---|')
for (const [at, { name, target }] of cases.entries()) {
  const each = sorted[at] ?? []
  const cells = [
    name,
    median(each).toFixed(1),
    each[0]?.toFixed(1),
    each.at(-1)?.toFixed(1),
    (median(each) / bare).toFixed(2),
  ]
  console.log(`| ${[...cells, `≤ ${target}`].join(' | ')} |`)
}

function commandTarget() {
  return process.versions.node.startsWith('20.') ? 2.7 : 2.3
}

/** @param {number[]} sorted */
function median(sorted) {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
