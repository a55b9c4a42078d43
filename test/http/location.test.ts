import { expect, it } from 'vitest'
import { addressOf, queryOf, resolveLocation } from '../../src/http/location.ts'

const base = 'https://reg.test:5000/v2/a/blobs/uploads/?mount=x'

it.each([
  ['/v2/a/blobs/uploads/1?_state=a%20b+c=', 'https://reg.test:5000/v2/a/blobs/uploads/1?_state=a%20b+c='],
  ["2?s='%2F'", "https://reg.test:5000/v2/a/blobs/uploads/2?s='%2F'"],
  ['?x=1', 'https://reg.test:5000/v2/a/blobs/uploads/?x=1'],
  ['//cdn.test/b?c=|d', 'https://cdn.test/b?c=|d'],
  ['https://cdn.test:443/b?X-Sig=%2b#frag', 'https://cdn.test/b?X-Sig=%2b'],
  ['../../x', 'https://reg.test:5000/v2/a/x'],
  ['  /padded ', 'https://reg.test:5000/padded'],
  ['http://user:pass@evil.test/', 'http://user:pass@evil.test/'],
  [Buffer.from('/ü?q=ü').toString('latin1'), 'https://reg.test:5000/%C3%BC?q=%C3%BC'],
  ['/a?b=c d', 'https://reg.test:5000/a?b=c%20d'],
])('resolves %s without touching its query (item 27)', (location, expected) => {
  expect(resolveLocation(location, base)).toBe(expected)
})

it.each(['http://[', 'https://'])('gives nothing for %s', location => {
  expect(resolveLocation(location, base)).toBeUndefined()
})

it('takes an address apart once, and any other by itself', () => {
  const first = addressOf('https://a/0')
  expect(addressOf('https://a/0')).toBe(first)
  for (let at = 0; at < 1000; at++) expect(addressOf(`https://a/${at}`).pathname).toBe(`/${at}`)
  expect(() => addressOf('nowhere')).toThrow(TypeError)
})

it.each([
  ['https://a/b', ''],
  ['https://a/b?', '?'],
  ['https://a/b?x=1?y#?z', '?x=1?y'],
])('the query of %s is "%s"', (url, query) => expect(queryOf(url)).toBe(query))
