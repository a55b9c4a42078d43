import { run } from './measure.js'
import { spread } from './statistics.js'

/**
 * What our own program takes before its first request: all its modules loaded, the configuration read.
 *
 * @param {{ program: string, folder: string, rounds: number, signal: AbortSignal }} options
 * @returns {Promise<import('./report.js').Start>}
 */
export async function measureStart({ program, folder, rounds, signal }) {
  const env = { PATH: process.env.PATH, HOME: folder }
  const command = { file: process.execPath, args: [program, 'whoami', '127.0.0.1:1'], env }
  const runs = []
  for (let round = 0; round <= rounds; round += 1) runs.push(await run(command, { folder, signal, timeout: 10 }))
  const [, ...warm] = runs
  return { wall: spread(warm.map(({ wall }) => wall)).median, cpu: spread(warm.map(({ cpu }) => cpu)).median }
}
