// How long a command takes before it does anything: part of `npm run bench`, and alone `npm run bench:startup [-- ROUNDS]`. As BENCH.md asks:
// in turn, one warm-up, medians, as a ratio to `node -e 0` in the same run. Needs `npm run build` before.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markdownTable } from './report.js'
import { spread } from './statistics.js'

if (import.meta.filename === process.argv[1])
  console.log(measureStartup(join(import.meta.dirname, '..', 'bin', 'run.js'), Number(process.argv[2] ?? 21)))

/**
 * @param {string} program bin/run.js
 * @param {number} rounds
 * @param {import('./report.js').Start} [start] what it takes up to its first request
 * @returns {string} Markdown
 */
export function measureStartup(program, rounds, start) {
  const home = mkdtempSync(join(tmpdir(), 'regctl-startup-'))
  // NODE_EXTRA_CA_CERTS alone takes 35 ms on Node 20.
  const env = { PATH: process.env.PATH, HOME: home, TERM: 'dumb' }
  const target = process.versions.node.startsWith('20.') ? 2.7 : 2.3
  const cases = [
    { name: 'node -e 0', args: ['-e', '0'], target: 1 },
    { name: '--version', args: [program, '--version'], target: 1.3 },
    { name: '--help', args: [program, '--help'], target },
    { name: 'tags --help', args: [program, 'tags', '--help'], target },
    { name: 'completion bash', args: [program, 'completion', 'bash'], target },
    // All that a command loads before its first request, and the configuration read.
    { name: 'whoami HOST', args: [program, 'whoami', 'localhost:1'], target },
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

  const bare = spread(times[0] ?? []).median
  const rows = cases.map(({ name, target }, at) => {
    const { median, smallest, largest } = spread(times[at] ?? [])
    return [name, ...[median, smallest, largest].map(value => value.toFixed(1)), ...judge(median / bare, target)]
  })
  if (start) {
    const first = start.wall * 1000
    rows.push(['digest, up to its first request', first.toFixed(1), '', '', ...judge(first / bare, target)])
  }
  const table = markdownTable(['command', 'median ms', 'smallest', 'largest', 'ratio', 'target'], rows)
  return `Start-up on Node ${process.version}, ${rounds} rounds in turn:\n\n${table}`
}

/** @param {number} ratio @param {number} target */
function judge(ratio, target) {
  return [ratio.toFixed(2), `≤ ${target} ${ratio <= target ? '✓' : '✗'}`]
}
