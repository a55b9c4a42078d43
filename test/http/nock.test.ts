import nock from 'nock'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stack } from '../../src/http/http.ts'
import { redirect } from '../../src/http/redirect.ts'
import { ask, bodyOf, testWire } from '../helpers/http-send.ts'

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
  nock.restore()
  nock.activate()
})

it('lets odd registries be played by nock', async () => {
  nock('https://registry.test')
    .put('/v2/a/manifests/1', 'content')
    .matchHeader('content-length', '7')
    .reply(201, '', { location: '/v2/a/manifests/sha256:ab' })
    .get('/v2/a/blobs/x')
    .reply(307, '', { location: "https://cdn.test/b?sig='y'" })
  nock('https://cdn.test').get("/b?sig='y'").reply(200, 'bytes')
  const send = stack(testWire({ pump: false }), redirect())
  const put = await ask(send, { method: 'PUT', url: 'https://registry.test/v2/a/manifests/1', body: bodyOf('content') })
  expect([put.status, put.headers.location]).toEqual([201, '/v2/a/manifests/sha256:ab'])
  const got = await ask(send, { url: 'https://registry.test/v2/a/blobs/x' })
  expect([got.status, got.text]).toEqual([200, 'bytes'])
  expect(nock.isDone()).toBe(true)
})

it('tells of a connection that nock breaks', async () => {
  nock('https://registry.test')
    .get('/')
    .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
  await expect(ask(testWire({ pump: false }), { url: 'https://registry.test/' })).rejects.toMatchObject({
    code: 'UNREACHABLE',
  })
})
