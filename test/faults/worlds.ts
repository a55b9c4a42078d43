import { afterAll, beforeAll, describe } from 'vitest'
import { realOrSkip, startDistribution } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { give, image, type World, withClient } from './rows.ts'

/** Runs the same rows between two of our own servers, and between two of Debian's. */
export function inEachWorld(body: (world: () => World, name: 'own' | 'docker-registry') => void): void {
  describe('between two of our own', () => body(between(startServer), 'own'))
  realOrSkip('docker-registry')('between two docker-registry', () =>
    body(
      between(async () => {
        const { host, stop } = await startDistribution()
        return { host, close: stop }
      }),
      'docker-registry',
    ),
  )
}

function between(start: () => Promise<{ host: string; close(): Promise<void> }>): () => World {
  let servers: { host: string; close(): Promise<void> }[] = []
  beforeAll(async () => {
    servers = await Promise.all([start(), start()])
    await withClient(client => give(client, `${servers[0]?.host}/demo/app:new`, image))
  })
  afterAll(() => Promise.all(servers.map(server => server.close())))
  return () => {
    const [source, destination] = servers
    if (!source || !destination) throw new Error('the registries have not started')
    return { source: source.host, destination: destination.host }
  }
}
