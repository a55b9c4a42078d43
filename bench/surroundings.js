import { spawnSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

/**
 * What the figures depend on: the command, the machine and what each program was built with.
 *
 * @param {{ args: readonly string[], tools: readonly import('./peers.js').Tool[], folder: string, seconds: number, start: import('./report.js').Start }} what
 * @returns {string} Markdown
 */
export function describeRun({ args, tools, folder, seconds, start }) {
  const processor = cpus()[0]?.model ?? 'an unknown processor'
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  return [
    `\`${command}\` took ${(seconds / 60).toFixed(1)} minutes on ${cpus().length} × ${processor}`,
    `with ${Math.round(totalmem() / 2 ** 30)} GiB, all data in \`${folder}\`.`,
    `regctl-js at ${commit()} on Node ${process.version}, up to its first request ${Math.round(start.wall * 1000)} ms;`,
    `${tools.map(({ name, version, toolchain }) => `${name} ${version} (${toolchain})`).join(', ')}.`,
  ].join('\n')
}

function commit() {
  const { stdout } = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  return stdout?.trim() || 'an unknown commit'
}
