import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { homes } from './homes.ts'
import { raw } from './raw.ts'

const bytes = Buffer.from('0123456789')
const digest = digestOf(bytes)
const none = digestOf(Buffer.from('none'))

describe.each(homes)('blobs over %s', (_, home) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer({ repositories: await home() })
    await raw(server.url, 'POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: bytes })
  })
  afterEach(() => server.close())

  const get = (headers = {}, method = 'GET') => raw(server.url, method, `/v2/app/blobs/${digest}`, { headers })

  it('sends a blob whole, and its headers alone for HEAD', async () => {
    const [whole, head] = [await get(), await get({}, 'HEAD')]
    expect([whole.status, whole.body.toString()]).toEqual([200, '0123456789'])
    expect([head.status, head.body.length]).toEqual([200, 0])
    for (const { headers } of [whole, head]) {
      expect(headers).toMatchObject({
        'content-length': '10',
        'content-type': 'application/octet-stream',
        'docker-content-digest': digest,
        'accept-ranges': 'bytes',
        etag: `"${digest}"`,
        'x-content-type-options': 'nosniff',
      })
    }
  })

  it.each([
    ['bytes=0-3', '0123', '0-3'],
    ['bytes=4-', '456789', '4-9'],
    ['bytes=9-9', '9', '9-9'],
    ['bytes=5-500', '56789', '5-9'],
    ['bytes=-3', '789', '7-9'],
    ['bytes=-30', '0123456789', '0-9'],
  ])('%s is %s', async (Range, text, range) => {
    const part = await get({ Range })
    expect([part.status, part.body.toString()]).toEqual([206, text])
    expect(part.headers['content-range']).toBe(`bytes ${range}/10`)
    expect(part.headers['content-length']).toBe(`${text.length}`)
  })

  it.each(['bytes=10-', 'bytes=11-12', 'bytes=-0'])('%s is 416 with the size', async Range => {
    const refused = await get({ Range })
    expect([refused.status, refused.headers['content-range']]).toEqual([416, 'bytes */10'])
  })

  it.each(['bytes=', 'bytes=-', 'bytes=3-1', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=a-b'])(
    '%s counts as no range',
    async Range => {
      expect(await get({ Range })).toMatchObject({ status: 200, body: bytes })
    },
  )

  it('sends all when If-Range names another version', async () => {
    expect((await get({ Range: 'bytes=4-', 'If-Range': '"other"' })).status).toBe(200)
    expect((await get({ Range: 'bytes=4-', 'If-Range': `"${digest}"` })).status).toBe(206)
  })

  it('says 304 to whoever has it already', async () => {
    expect((await get({ 'If-None-Match': `"${digest}"` })).status).toBe(304)
  })

  it('deletes', async () => {
    expect((await get({}, 'DELETE')).status).toBe(202)
    for (const method of ['GET', 'DELETE']) {
      const gone = await get({}, method)
      expect([gone.status, gone.code]).toEqual([404, 'BLOB_UNKNOWN'])
    }
  })

  it('tells an unknown blob from an unknown repository', async () => {
    expect((await raw(server.url, 'GET', `/v2/app/blobs/${none}`)).code).toBe('BLOB_UNKNOWN')
    expect((await raw(server.url, 'GET', `/v2/nowhere/blobs/${none}`)).code).toBe('NAME_UNKNOWN')
  })
})
