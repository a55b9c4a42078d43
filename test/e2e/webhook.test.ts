import { expect, it } from 'vitest'
import type { WebhookEvent } from '../../src/webhook/event.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startListening } from '../helpers/listening.ts'
import { realOrSkip, startDistribution } from '../helpers/real.ts'
import { makeMachine } from './program.ts'

realOrSkip('docker-registry')('notices of a real docker-registry', () => {
  it('tell of a push, a pull and a deletion, and of no layer', async () => {
    const machine = makeMachine()
    closing({ close: machine.remove })
    const env = { REGCTL_WEBHOOK_SECRET: 's3cret' }
    const listening = closing(await startListening([], { home: machine.home, env }))
    const endpoint = { name: 'regctl', url: listening.url, timeout: '5s', threshold: 5, backoff: '1s' }
    const registry = await startDistribution({
      notifications: { endpoints: [{ ...endpoint, headers: { Authorization: ['Bearer s3cret'] } }] },
    })
    closing({ close: () => registry.stop() })
    const client = closing(await testClient())
    const { store } = await client.open(`${registry.host}/team/app:v1`, { write: true })
    const image = makeImage()
    await seed(store, image, 'v1')
    const events = () =>
      listening.said.stdout.split('\n').flatMap(line => (line ? [JSON.parse(line) as WebhookEvent] : []))
    const digest = (await store.resolve('v1')).digest
    await store.delete({ ...image.root, digest })
    await expect.poll(() => events().map(({ event }) => event)).toContain('delete')
    expect(events()[0]).toMatchObject({
      event: 'push',
      registry: registry.host,
      repository: 'team/app',
      tag: 'v1',
      digest,
      product: 'distribution',
    })
    expect(new Set(events().map(({ event }) => event))).toEqual(new Set(['push', 'pull', 'delete']))
    await listening.stop()
  })
})
