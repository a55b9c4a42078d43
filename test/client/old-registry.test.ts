import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { copyToMany } from '../../src/copy/many.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

/** What the registry takes, and how it refuses the rest. */
let refusal = { taken: /docker/, status: 400, code: 'MANIFEST_INVALID' }
let server: TestServer
beforeEach(async () => {
  server = await startServer({
    wrap: handler => (req, res) => {
      if (
        req.method !== 'PUT' ||
        !req.url?.includes('/manifests/') ||
        refusal.taken.test(req.headers['content-type'] ?? '')
      )
        return handler(req, res)
      req.resume()
      res.writeHead(refusal.status, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ errors: [{ code: refusal.code, message: 'manifest invalid' }] }))
    },
  })
})
afterEach(() => server.close())

async function given(sample: Sample) {
  const client = await testClient()
  const store = memoryStore('memory:source')
  await seed(store, sample, 'v1')
  const from = { store, reference: 'v1' }
  const open = (name: string) => client.open(`${server.host}/${name}:v1`, { write: true })
  return { client, from, open }
}

describe('a registry that takes only one format', () => {
  it.each([
    ['OCI images', 'docker', makeImage(), { taken: /docker/, status: 400, code: 'MANIFEST_INVALID' }],
    [
      'OCI indexes',
      'docker',
      makeIndex({ platforms: ['linux/amd64'] }),
      { taken: /docker/, status: 415, code: 'UNKNOWN' },
    ],
    ['Docker images', 'oci', makeImage({ docker: true }), { taken: /oci/, status: 400, code: 'UNSUPPORTED' }],
  ] as const)('refuses %s: the error says what to try, and that works', async (_name, format, sample, how) => {
    refusal = how
    const { client, from, open } = await given(sample)
    const hint = expect.stringContaining(`--format ${format}`)
    await expect(copy(from, await open('demo/app'))).rejects.toMatchObject({ hint })
    const result = await copy(from, await open('demo/app'), { format })
    expect(result.convertedFrom).toBe(sample.root.digest)
    await client.close()
  })

  it('says so of one of several destinations', async () => {
    refusal = { taken: /docker/, status: 400, code: 'MANIFEST_INVALID' }
    const { client, from, open } = await given(makeImage())
    const other = { store: memoryStore('memory:other'), reference: 'v1' }
    const { destinations } = await copyToMany(from, [await open('demo/app'), other])
    expect(destinations[0]).toMatchObject({ error: { code: 'CONTENT_INVALID' } })
    expect(destinations[1]).toMatchObject({ blobs: { copied: 3 } })
    await client.close()
  })

  it('is not said of another refusal', async () => {
    refusal = { taken: /never/, status: 403, code: 'DENIED' }
    const { client, from, open } = await given(makeImage())
    await expect(copy(from, await open('demo/app'))).rejects.toMatchObject({
      code: 'DENIED',
      hint: expect.not.stringContaining('--format'),
    })
    await client.close()
  })
})
