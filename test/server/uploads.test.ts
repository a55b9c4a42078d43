import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { freshFolder, homes } from './homes.ts'
import { cut, hang, type RawOptions, raw } from './raw.ts'

const bytes = Buffer.from('0123456789')
const digest = digestOf(bytes)
const uploads = '/v2/demo/app/blobs/uploads/'

describe.each(homes)('uploads over %s', (_, home) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer({ repositories: await home() })
  })
  afterEach(() => server.close())

  const send = (method: string, path: string, options?: RawOptions) => raw(server.url, method, path, options)
  const begin = async () => String((await send('POST', uploads)).headers.location)
  const blob = async (name = 'demo/app') => (await send('GET', `/v2/${name}/blobs/${digest}`)).body.toString()

  it('opens a session with a relative Location and a Range', async () => {
    const { status, headers } = await send('POST', uploads)
    expect(status).toBe(202)
    expect(headers.location).toMatch(/^\/v2\/demo\/app\/blobs\/uploads\/[0-9a-f-]{36}$/)
    expect(headers.range).toBe('0-0')
  })

  it('takes a blob in POST and PUT', async () => {
    const { status, headers } = await send('PUT', `${await begin()}?digest=${digest}`, { body: bytes })
    expect(status).toBe(201)
    expect(headers.location).toBe(`/v2/demo/app/blobs/${digest}`)
    expect(headers['docker-content-digest']).toBe(digest)
    expect(await blob()).toBe('0123456789')
  })

  it('takes a blob in one POST', async () => {
    expect((await send('POST', `${uploads}?digest=${digest}`, { body: bytes })).status).toBe(201)
    expect(await blob()).toBe('0123456789')
  })

  it('takes a blob in chunks, the last in the PUT', async () => {
    const location = await begin()
    const first = await send('PATCH', location, { body: '0123', headers: { 'Content-Range': '0-3' } })
    expect([first.status, first.headers.range]).toEqual([202, '0-3'])
    const second = await send('PATCH', location, { body: '456', headers: { 'Content-Range': '4-6' } })
    expect([second.status, second.headers.range]).toEqual([202, '0-6'])
    const last = { body: '789', headers: { 'Content-Range': '7-9' } }
    expect((await send('PUT', `${location}?digest=${digest}`, last)).status).toBe(201)
    expect(await blob()).toBe('0123456789')
  })

  it('takes a blob in a stream without length or range', async () => {
    const location = await begin()
    const streamed = await send('PATCH', location, { body: bytes, streamed: true })
    expect([streamed.status, streamed.headers.range]).toEqual([202, '0-9'])
    expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
    expect(await blob()).toBe('0123456789')
  })

  it.each([
    ['ahead', '4-6', '456'],
    ['back', '0-2', '012'],
    ['malformed', 'four-six', '456'],
    ['backwards', '6-4', '456'],
  ])('answers a chunk that is %s with 416 and where to go on', async (_case, range, body) => {
    const location = await begin()
    await send('PATCH', location, { body: '01', headers: { 'Content-Range': '0-1' } })
    for (const [method, path] of [
      ['PATCH', location],
      ['PUT', `${location}?digest=${digest}`],
    ] as const) {
      const refused = await send(method, path, { body, headers: { 'Content-Range': range } })
      expect([refused.status, refused.headers.range, refused.headers.location]).toEqual([416, '0-1', location])
    }
    const status = await send('GET', location)
    expect([status.status, status.headers.range, status.headers.location]).toEqual([204, '0-1', location])
  })

  it.each([
    ['shorter', '0', false],
    ['longer', '0123', false],
    ['shorter, streamed', '0', true],
    ['longer, streamed', '0123', true],
  ])('refuses a chunk %s than its range and keeps none of it', async (_case, body, streamed) => {
    const location = await begin()
    const refused = await send('PATCH', location, { body, streamed, headers: { 'Content-Range': '0-2' } })
    expect([refused.status, refused.code]).toEqual([400, 'SIZE_INVALID'])
    expect((await send('GET', location)).headers.range).toBe('0-0')
  })

  it.each([
    ['PATCH', ''],
    ['PUT', `?digest=${digest}`],
  ])('keeps what arrived of a %s that was cut, and goes on from there', async (method, query) => {
    const location = await begin()
    await cut(server.url, method, location + query, bytes.subarray(0, 6), { 'Content-Length': 10 })
    expect((await send('GET', location)).headers.range).toBe('0-5')
    const rest = { body: '6789', headers: { 'Content-Range': '6-9' } }
    expect((await send('PUT', `${location}?digest=${digest}`, rest)).status).toBe(201)
    expect(await blob()).toBe('0123456789')
  })

  it('keeps a large part of a large body that was cut', async () => {
    const large = randomBytes(3_000_000)
    const location = await begin()
    await cut(server.url, 'PUT', `${location}?digest=${digestOf(large)}`, large.subarray(0, 2_000_000), {
      'Content-Length': large.length,
    })
    const [, last] = String((await send('GET', location)).headers.range).split('-')
    const arrived = Number(last) + 1
    expect(arrived).toBeGreaterThan(1_000_000)
    const put = await send('PUT', `${location}?digest=${digestOf(large)}`, { body: large.subarray(arrived) })
    expect(put.status).toBe(201)
  })

  it.each([
    ['other bytes', digestOf(Buffer.from('other'))],
    ['a malformed digest', 'sha256:abc'],
    ['an unknown algorithm', 'md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['no digest', ''],
  ])('T11: refuses %s with DIGEST_INVALID', async (_case, wrong) => {
    for (const put of [
      await send('PUT', `${await begin()}?digest=${wrong}`, { body: bytes }),
      await send('POST', `${uploads}?digest=${wrong}`, { body: bytes }),
    ]) {
      expect([put.status, put.code]).toEqual([400, 'DIGEST_INVALID'])
    }
    expect((await send('HEAD', `/v2/demo/app/blobs/${digest}`)).status).toBe(404)
    expect((await send('GET', '/v2/_catalog')).body.toString()).not.toContain(wrong === '' ? digest : wrong)
  })

  it.each(['sha256', 'sha384', 'sha512'] as const)('keeps a blob under its %s digest', async algorithm => {
    const named = digestOf(bytes, algorithm)
    expect((await send('POST', `${uploads}?digest=${named}`, { body: bytes })).status).toBe(201)
    expect((await send('GET', `/v2/demo/app/blobs/${named}`)).body).toEqual(bytes)
  })

  it('keeps a blob without bytes', async () => {
    const empty = digestOf(Buffer.alloc(0))
    expect((await send('PUT', `${await begin()}?digest=${empty}`)).status).toBe(201)
    const got = await send('GET', `/v2/demo/app/blobs/${empty}`)
    expect([got.status, got.headers['content-length'], got.body.length]).toEqual([200, '0', 0])
  })

  it('cancels', async () => {
    const location = await begin()
    expect((await send('DELETE', location)).status).toBe(204)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const gone = await send(method, location)
      expect(gone.status).toBe(404)
      if (method !== 'GET') expect(gone.code).toBe('BLOB_UPLOAD_UNKNOWN')
    }
  })

  it('knows a session in its own repository only, and no made-up one', async () => {
    const id = (await begin()).split('/').at(-1)
    for (const path of [`/v2/other/blobs/uploads/${id}`, `${uploads}${'0'.repeat(36)}`, `${uploads}..`]) {
      const refused = await send('PATCH', path, { body: bytes })
      expect([refused.status, refused.code]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
    }
  })

  it('ends a session with its blob', async () => {
    const location = await begin()
    await send('PUT', `${location}?digest=${digest}`, { body: bytes })
    expect((await send('GET', location)).status).toBe(404)
  })

  it('lets a client that comes back take its upload over from a connection that hangs', async () => {
    const location = await begin()
    const hanging = hang(server.url, 'PATCH', location, bytes.subarray(0, 3), { 'Content-Length': 10 })
    await expect.poll(async () => (await send('GET', location)).headers.range).toBe('0-2')
    const rest = { body: bytes.subarray(3), headers: { 'Content-Range': '3-9' } }
    expect((await send('PATCH', location, rest)).headers.range).toBe('0-9')
    expect(await hanging).toBe(409)
    expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
  })

  describe('mounting', () => {
    beforeEach(async () => {
      await send('POST', `/v2/base/blobs/uploads/?digest=${digest}`, { body: bytes })
    })

    it.each([
      ['from a repository', `?mount=${digest}&from=base`],
      ['from wherever it is', `?mount=${digest}`],
    ])('takes a blob %s', async (_case, query) => {
      const mounted = await send('POST', uploads + query)
      expect([mounted.status, mounted.headers.location]).toEqual([201, `/v2/demo/app/blobs/${digest}`])
      expect(await blob()).toBe('0123456789')
    })

    it('outlives the blob it was mounted from', async () => {
      await send('POST', `${uploads}?mount=${digest}&from=base`)
      expect((await send('DELETE', `/v2/base/blobs/${digest}`)).status).toBe(202)
      expect(await blob()).toBe('0123456789')
    })

    it.each([
      ['the blob is not there', `?mount=${digestOf(Buffer.from('none'))}&from=base`],
      ['the repository is not there', `?mount=${digest}&from=nowhere`],
      ['nobody has it', `?mount=${digestOf(Buffer.from('none'))}`],
    ])('opens a session when %s', async (_case, query) => {
      const refused = await send('POST', uploads + query)
      expect([refused.status, refused.headers.location]).toEqual([202, expect.stringContaining(uploads)])
    })

    it.each([
      ['a name', `?mount=${digest}&from=../base`, 'NAME_INVALID'],
      ['a digest', '?mount=sha256:../../x&from=base', 'DIGEST_INVALID'],
    ])('T18: refuses %s against the grammar', async (_case, query, code) => {
      const refused = await send('POST', uploads + query)
      expect([refused.status, refused.code]).toEqual([400, code])
    })
  })
})

describe('upload sessions', () => {
  it('T12: are capped, and expire', async () => {
    const server = await startServer({ maxUploads: 2, uploadIdleSeconds: 3600 })
    for (const status of [202, 202, 429]) expect((await raw(server.url, 'POST', uploads)).status).toBe(status)
    await server.close()

    const hasty = await startServer({ maxUploads: 2, uploadIdleSeconds: -1 })
    for (const status of [202, 202, 202]) expect((await raw(hasty.url, 'POST', uploads)).status).toBe(status)
    await hasty.close()
  })

  it('outlive a restart where the repositories do', async () => {
    const [, layouts] = homes[1] ?? []
    const repositories = await layouts?.()
    const before = await startServer({ repositories })
    const location = String((await raw(before.url, 'POST', uploads)).headers.location)
    await raw(before.url, 'PATCH', location, { body: bytes.subarray(0, 4) })
    await before.close()
    const after = await startServer({ repositories })
    expect((await raw(after.url, 'GET', location)).headers.range).toBe('0-3')
    const put = await raw(after.url, 'PUT', `${location}?digest=${digest}`, { body: bytes.subarray(4) })
    expect(put.status).toBe(201)
    await after.close()
  })

  it('leave no file behind: not a finished one, a wrong one, a cancelled one', async () => {
    const spoolDir = await freshFolder()
    const server = await startServer({ spoolDir })
    const send = (method: string, path: string, body = '') => raw(server.url, method, path, { body })
    await send('POST', `${uploads}?digest=${digest}`, '0123456789')
    await send('POST', `${uploads}?digest=${digest}`, 'wrong')
    await send('DELETE', String((await send('POST', uploads)).headers.location))
    expect(await readdir(spoolDir)).toEqual([])
    await server.close()
  })
})
