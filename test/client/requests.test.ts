import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, makeIndex, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

let source: TestServer
let destination: TestServer
beforeEach(async () => {
  source = await startServer()
  destination = await startServer()
})
afterEach(() => Promise.all([source.close(), destination.close()]))

async function given(sample: Sample, place = `${source.host}/demo/app`) {
  const client = await testClient()
  await seed((await client.open(`${place}:v1`, { write: true })).store, sample, 'v1')
  await client.close()
  source.requests.length = destination.requests.length = 0
}

async function run(from: string, to: string, home?: string) {
  const client = await testClient({ home })
  try {
    return await copy(await client.open(from), await client.open(to, { write: true }))
  } finally {
    await client.close()
  }
}

const lines = ({ requests }: TestServer) =>
  requests.map(({ method, url, status }) => `${method} ${url.replace(/\?.*/, '')} ${status}`)

describe('requests of a copy', () => {
  it.each([
    ['image', makeImage()],
    ['index', makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true })],
  ])('an unchanged %s costs two: a HEAD at each side', async (_name, sample) => {
    await given(sample)
    await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    source.requests.length = destination.requests.length = 0
    const result = await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    expect(lines(source)).toEqual(['HEAD /v2/demo/app/manifests/v1 200'])
    expect(lines(destination)).toEqual(['HEAD /v2/demo/app/manifests/v1 200'])
    expect(result.requests).toEqual({ source: 1, destination: 1 })
  })

  it('a missing blob costs two at the destination: one POST, one PUT; all in all 2N + 3', async () => {
    const sample = makeImage({ layers: 6 })
    await given(sample)
    const result = await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    const blobs = sample.contents.size - 1
    expect(destination.requests).toHaveLength(2 * blobs + 3)
    expect(source.requests).toHaveLength(blobs + 2)
    expect(result.requests).toEqual({ source: blobs + 2, destination: 2 * blobs + 3 })
    expect(destination.requests.filter(({ method }) => method === 'HEAD')).toHaveLength(2)
  })

  it('fetches no blob twice, however often the image names it', async () => {
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'], attestations: true })
    await given(sample)
    await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    const gets = source.requests.filter(({ method }) => method === 'GET').map(({ url }) => url)
    expect(new Set(gets).size).toBe(gets.length)
    expect(gets).toHaveLength(sample.contents.size)
  })

  it('mounts what another repository of the same registry has: no byte is moved', async () => {
    const sample = makeImage({ layers: 3 })
    await given(sample)
    const result = await run(`${source.host}/demo/app:v1`, `${source.host}/other/app:v1`)
    expect(result.blobs).toEqual({ copied: 0, mounted: 4, skipped: 0 })
    expect(lines(source).filter(line => line.startsWith('PUT'))).toEqual(['PUT /v2/other/app/manifests/v1 201'])
    expect(lines(source).some(line => line.startsWith('GET') && line.includes('/blobs/'))).toBe(false)
  })

  it('mounts what this run has put into a third repository of the destination', async () => {
    const sample = makeImage({ layers: 2 })
    await given(sample)
    const client = await testClient()
    const from = await client.open(`${source.host}/demo/app:v1`)
    await copy(from, await client.open(`${destination.host}/first:v1`, { write: true }))
    const second = await copy(from, await client.open(`${destination.host}/second:v1`, { write: true }))
    expect(second.blobs).toEqual({ copied: 0, mounted: 3, skipped: 0 })
    await client.close()
  })

  it('mounts what an earlier run put into another repository of the destination', async () => {
    const sample = makeImage({ layers: 2 })
    await given(sample)
    const home = await mkdtemp(join(tmpdir(), 'regctl-runs-'))
    await run(`${source.host}/demo/app:v1`, `${destination.host}/first:v1`, home)
    const second = await run(`${source.host}/demo/app:v1`, `${destination.host}/second:v1`, home)
    expect(second.blobs).toEqual({ copied: 0, mounted: 3, skipped: 0 })
    const elsewhere = await run(`${source.host}/demo/app:v1`, `${destination.host}/third:v1`)
    expect(elsewhere.blobs.mounted).toBe(0)
  })

  it('uploads what an earlier run knew of and the registry has lost', async () => {
    const sample = makeImage({ layers: 2 })
    await given(sample)
    const home = await mkdtemp(join(tmpdir(), 'regctl-runs-'))
    await run(`${source.host}/demo/app:v1`, `${destination.host}/first:v1`, home)
    const { port } = new URL(destination.url)
    await destination.close()
    destination = await startServer({ port: Number(port) })
    const again = await run(`${source.host}/demo/app:v1`, `${destination.host}/second:v1`, home)
    expect(again.blobs).toEqual({ copied: 3, mounted: 0, skipped: 0 })
  })

  it('asks a registry that ignores mounts from within only when it has reason to, and then sends nothing twice', async () => {
    const sample = makeImage({ layers: 2 })
    await destination.close()
    // As ECR answers where mounting was not switched on: 202 whatever is there.
    destination = await startServer({
      wrap: handler => (req, res) => {
        if (req.url) req.url = req.url.replace(/\?mount=.*/, '')
        handler(req, res)
      },
    })
    await given(sample)
    const home = await mkdtemp(join(tmpdir(), 'regctl-runs-'))
    await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`, home)
    const client = await testClient({ home })
    const [from, to] = [
      await client.open(`${source.host}/demo/app:v1`),
      await client.open(`${destination.host}/demo/app:v1`, { write: true }),
    ]
    destination.requests.length = 0
    const result = await copy(from, to, { force: true })
    await client.close()
    expect(result.blobs).toEqual({ copied: 0, mounted: 0, skipped: 3 })
    expect(destination.requests.filter(({ url, method }) => method === 'PUT' && url.includes('/blobs/'))).toEqual([])
  })

  it('moves only the tag when the image is there under another', async () => {
    const sample = makeImage()
    await given(sample)
    await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    destination.requests.length = 0
    await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v2`)
    expect(lines(destination)).toEqual([
      'HEAD /v2/demo/app/manifests/v2 404',
      `HEAD /v2/demo/app/manifests/${sample.root.digest} 200`,
      'PUT /v2/demo/app/manifests/v2 201',
    ])
  })

  it('sends a blob again after its upload broke, and only that blob', async () => {
    let cuts = 0
    await destination.close()
    destination = await startServer({
      wrap: handler => (req, res) => {
        if (req.method !== 'PUT' || !req.url?.includes('/blobs/uploads/') || cuts++ > 0) return handler(req, res)
        req.once('data', () => req.socket.destroy())
      },
    })
    await given(makeImage({ layers: [300_000] }))
    const result = await run(`${source.host}/demo/app:v1`, `${destination.host}/demo/app:v1`)
    expect(result.blobs.copied).toBe(2)
    expect(destination.requests.filter(({ method }) => method === 'POST')).toHaveLength(3)
  })
})
