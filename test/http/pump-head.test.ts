import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/http/http.ts'
import { headOf } from '../../src/http/pump-head.ts'

const url = 'https://reg.test:5000/v2/a/tags/list?n=2&last=b'
const head = (request: Partial<HttpRequest>) =>
  headOf({ method: 'GET', url, ...request }, new URL(request.url ?? url), 'us/1')

const common = 'Host: reg.test:5000\r\nConnection: keep-alive\r\nuser-agent: us/1\r\naccept-encoding: identity\r\n'
const list = '/v2/a/tags/list?n=2&last=b HTTP/1.1'

describe('the head of a request', () => {
  it.each<[string, Partial<HttpRequest>, string]>([
    ['a GET', {}, `GET ${list}\r\n${common}\r\n`],
    ['a HEAD', { method: 'HEAD' }, `HEAD ${list}\r\n${common}\r\n`],
    ['a POST of nothing', { method: 'POST' }, `POST ${list}\r\n${common}Content-Length: 0\r\n\r\n`],
    ['fields', { headers: { accept: 'a, b' } }, `GET ${list}\r\n${common}accept: a, b\r\n\r\n`],
    [
      'a user agent of its own',
      { headers: { 'user-agent': 'x' } },
      `GET ${list}\r\n${common.replace('us/1', 'x')}\r\n`,
    ],
    [
      'a query as it was written',
      { url: "https://reg.test:5000/v2/?a=%2f+'" },
      `GET /v2/?a=%2f+' HTTP/1.1\r\n${common}\r\n`,
    ],
  ])('%s', (_, request, expected) => {
    expect(head(request)).toBe(expected)
  })

  it.each<[string, Record<string, string>]>([
    ['a line break in a value', { accept: 'a\r\nx: y' }],
    ['a NUL in a value', { accept: 'a\0' }],
    ['a character beyond Latin-1', { accept: '日' }],
    ['a blank in a name', { 'a b': 'c' }],
    ['no name', { '': 'c' }],
    ['another host', { Host: 'else.test' }],
    ['a length', { 'content-length': '5' }],
    ['a coding', { 'Transfer-Encoding': 'chunked' }],
    ['what becomes of the connection', { connection: 'close' }],
    ['an upgrade', { upgrade: 'h2c' }],
    ['an expectation', { expect: '100-continue' }],
  ])('is left to node:http with %s', (_, headers) => {
    expect(head({ headers })).toBeUndefined()
  })
})
