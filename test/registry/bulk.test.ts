import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { lend } from '../../src/http/lent.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { openBytes, randomBlob } from '../helpers/images.ts'
import { startServer } from '../helpers/server.ts'

it('fetches and pushes blobs by the pump, in chunks larger than a client of streams has', async () => {
  const server = closing(await startServer())
  const { descriptor, bytes } = randomBlob(6_000_000)
  const { store } = await (await testClient()).open(`${server.host}/demo/app`)
  await store.push(descriptor, openBytes(bytes))
  const hash = createHash('sha256')
  let largest = 0
  for await (const chunk of lend(await store.fetch(descriptor))) {
    hash.update(chunk)
    largest = Math.max(largest, chunk.length)
  }
  expect(`sha256:${hash.digest('hex')}`).toBe(descriptor.digest)
  expect(largest).toBeGreaterThan(64 * 1024)
  // From one repository to another, lent chunks all the way.
  const { store: other } = await (await testClient()).open(`${server.host}/demo/other`)
  await other.push(descriptor, offset => store.fetch(descriptor, { offset }))
  expect(server.requests.filter(({ method, status }) => method === 'PUT' && status === 201)).toHaveLength(2)
})
