import { expect, it } from 'vitest'
import { parseQuota, type Quota, quotas } from '../../src/http/quota.ts'
import { answer } from '../helpers/http-send.ts'

it.each<[string | undefined, string | undefined, Quota | undefined]>([
  ['100;w=21600', '76;w=21600', { limit: 100, remaining: 76, windowSeconds: 21600 }],
  ['200; w=21600', '0', { limit: 200, remaining: 0, windowSeconds: 21600 }],
  [' 100;w=21600 ', ' 5 ', { limit: 100, remaining: 5, windowSeconds: 21600 }],
  ['100', '76', undefined],
  ['100;w=21600', undefined, undefined],
  [undefined, '76;w=21600', undefined],
  [undefined, undefined, undefined],
  ['-1;w=21600', '76', undefined],
  ['100;w=21600, 10;w=1', '76', undefined],
  ['9'.repeat(1000), '1', undefined],
])('PROTOCOL 3.1: ratelimit-limit %s and remaining %s', (limit, remaining, expected) => {
  expect(parseQuota({ 'ratelimit-limit': limit, 'ratelimit-remaining': remaining })).toEqual(expected)
})

it('tells of each answer that speaks of it', async () => {
  const told: number[] = []
  let remaining = 3
  const send = quotas(quota => told.push(quota.remaining))(async () =>
    answer(200, { headers: { 'ratelimit-limit': '3;w=60', 'ratelimit-remaining': `${--remaining};w=60` } }),
  )
  for (const _ of [1, 2]) await send({ method: 'HEAD', url: 'https://a.test/' })
  await quotas(quota => told.push(quota.remaining))(async () => answer(200))({ method: 'GET', url: 'https://a.test/' })
  expect(told).toEqual([2, 1])
})
