import { expect, it } from 'vitest'
import { epochRetryAfter } from '../../src/catalog/hub-pace.ts'
import { answer } from '../helpers/http-send.ts'

const now = 1_700_000_000

it.each<[string, number, Record<string, string>, string | undefined]>([
  ['a time to come', 429, { 'x-retry-after': `${now + 90}` }, '90'],
  ['now', 429, { 'x-retry-after': `${now}` }, '0'],
  ['a time gone by', 429, { 'x-retry-after': `${now - 90}` }, '0'],
  ['the new header comes first', 429, { 'retry-after': '5', 'x-retry-after': `${now + 90}` }, '5'],
  ['seconds are no time', 429, { 'x-retry-after': '60' }, undefined],
  ['milliseconds are none either', 429, { 'x-retry-after': `${now}000` }, undefined],
  ['a word', 429, { 'x-retry-after': 'soon' }, undefined],
  ['a number among words', 429, { 'x-retry-after': `${now} or so` }, undefined],
  ['nothing', 429, {}, undefined],
  ['no refusal', 200, { 'x-retry-after': `${now + 90}` }, undefined],
])('%s', async (_, status, headers, expected) => {
  const given = answer(status, { headers })
  const send = epochRetryAfter(() => now * 1000)(async () => given)
  const response = await send({ method: 'GET', url: 'https://hub.docker.com/' })
  expect([response.status, response.headers['retry-after']]).toEqual([status, expected])
  expect(response.body).toBe(given.body)
  expect(response.headers).toMatchObject(headers)
})

it('a part of a second is waited for', async () => {
  const send = epochRetryAfter(() => now * 1000 + 1)(async () =>
    answer(429, { headers: { 'x-retry-after': `${now + 2}` } }),
  )
  expect((await send({ method: 'GET', url: 'https://hub.docker.com/' })).headers['retry-after']).toBe('2')
})
