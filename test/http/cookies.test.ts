import { describe, expect, it } from 'vitest'
import { cookies } from '../../src/http/cookies.ts'
import { stack } from '../../src/http/http.ts'
import { redirect } from '../../src/http/redirect.ts'
import { answer, ask, closing, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

/** Sends to each address in turn; every answer sets these cookies. Returns the Cookie header each was sent. */
async function visit(
  urls: string[],
  setCookie: string[],
  headers?: Record<string, string>,
): Promise<(string | undefined)[]> {
  const sent: (string | undefined)[] = []
  const send = cookies()(async request => {
    sent.push(request.headers?.cookie)
    return answer(200, { url: request.url, headers: { 'set-cookie': setCookie } })
  })
  for (const url of urls) await ask(send, { url, headers })
  return sent
}

const a = 'https://reg.example.com/v2/a/blobs/uploads/'

it.each<[string, string[], string[], (string | undefined)[]]>([
  ['kept within an origin (2.9)', [a, `${a}1?x=y`], ['node=1'], [undefined, 'node=1']],
  [
    'T22: not sent to a sibling',
    [a, 'https://cdn.example.com/v2/'],
    ['s=1; Domain=.example.com'],
    [undefined, undefined],
  ],
  ['T22: not sent to a parent', [a, 'https://example.com/v2/'], ['s=1; Domain=example.com'], [undefined, undefined]],
  [
    'T22: not sent to all of a top-level domain',
    [a, 'https://evil.com/v2/'],
    ['s=1; Domain=com'],
    [undefined, undefined],
  ],
  ['T22: not sent to another port', [a, 'https://reg.example.com:444/v2/'], ['s=1'], [undefined, undefined]],
  ['T22: not sent to another scheme', [a, 'http://reg.example.com/v2/'], ['s=1'], [undefined, undefined]],
  [
    'T22: not sent from the registry to the management API',
    [a, 'https://reg.example.com/api/v2.0/x'],
    ['sid=1; Path=/'],
    [undefined, undefined],
  ],
  [
    'T22: not sent from the management API to the registry',
    ['https://reg.example.com/api/', a],
    ['sid=1; Path=/'],
    [undefined, undefined],
  ],
  ['sent by path', [a, a, 'https://reg.example.com/v2/b'], ['s=1; Path=/v2/a'], [undefined, 's=1', undefined]],
  [
    'not sent over plain HTTP when Secure',
    ['http://r.test/v2/', 'http://r.test/v2/'],
    ['s=1; Secure'],
    [undefined, undefined],
  ],
  ['forgotten when expired', [a, a], ['s=1; Max-Age=0'], [undefined, undefined]],
  ['replaced', [a, a, a], ['s=1', 's=2'], [undefined, 's=2', 's=2']],
  ['ignored when malformed', [a, a], ['', ';;', '=;', 's=1'], [undefined, 's=1']],
  ['T22: ignored beyond 4 KiB', [a, a], [`big=${'x'.repeat(4096)}`, 's=1'], [undefined, 's=1']],
])('%s', async (_, urls, setCookie, expected) => expect(await visit(urls, setCookie)).toEqual(expected))

it('T22: keeps fifty', async () => {
  const many = Array.from({ length: 80 }, (_, index) => `c${index}=1`)
  const [, sent] = await visit([a, a], many)
  expect(sent?.split('; ')).toHaveLength(50)
})

it('adds to a cookie that was given', async () => {
  expect(await visit([a, a], ['s=1'], { cookie: 'own=1' })).toEqual(['own=1', 'own=1; s=1'])
})

it('keeps the cookies of two first answers that come at the same time', async () => {
  let sent: string | undefined
  const send = cookies()(async ({ url, headers }) => {
    sent = headers?.cookie
    return answer(200, { url, headers: { 'set-cookie': [`${url.slice(-1)}=1`] } })
  })
  await Promise.all(['x', 'y'].map(name => ask(send, { url: `${a}${name}` })))
  await ask(send, { url: a })
  expect(sent?.split('; ').sort()).toEqual(['x=1', 'y=1'])
})

describe('with redirects', () => {
  it('T22: sends what A set to A alone, on real ports', async () => {
    const b = closing(
      await startRecorder((_, response) => response.writeHead(200, { 'set-cookie': 'b=1; Path=/' }).end()),
    )
    const a = closing(
      await startRecorder((_, response) =>
        response.writeHead(307, { location: `${b.url}/v2/b`, 'set-cookie': 'a=1; Path=/' }).end(),
      ),
    )
    const send = stack(testWire(), redirect(), cookies())
    for (let turn = 0; turn < 2; turn++) await ask(send, { url: `${a.url}/v2/a` })
    expect(a.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'a=1'])
    expect(b.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'b=1'])
  })
})
