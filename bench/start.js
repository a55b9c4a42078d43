import { once } from 'node:events'
import { createServer } from 'node:http'
import { run } from './measure.js'
import { spread } from './statistics.js'

/**
 * What our own program takes before its first request arrives: Node, all modules that speak to a registry, the configuration read.
 * The CPU is that of a whole run with one request.
 *
 * @param {{ program: string, folder: string, rounds: number, signal: AbortSignal }} options
 * @returns {Promise<import('./report.js').Start>}
 */
export async function measureStart({ program, folder, rounds, signal }) {
  let arrived = Number.NaN
  const server = createServer((_, response) => {
    arrived = performance.now()
    response
      .writeHead(200, {
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
        'content-length': 500,
        'docker-content-digest': `sha256:${'0'.repeat(64)}`,
      })
      .end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const args = [program, 'digest', `127.0.0.1:${port}/none:1`]
  const command = { file: process.execPath, args, env: { PATH: process.env.PATH, HOME: folder } }
  const walls = []
  const cpus = []
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now()
      const { cpu } = await run(command, { folder, signal, timeout: 10 })
      if (round === 0) continue
      walls.push((arrived - began) / 1000)
      cpus.push(cpu)
    }
  } finally {
    server.close()
  }
  return { wall: spread(walls).median, cpu: spread(cpus).median }
}
