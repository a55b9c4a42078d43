import { describe, expect, it } from 'vitest'
import { count, time } from '../../src/catalog/fields.ts'
import { hubRepository, hubTag, pullsOf } from '../../src/catalog/hub-fields.ts'
import { epochRetryAfter } from '../../src/catalog/hub-pace.ts'
import { answer } from '../helpers/http-send.ts'

describe('fields of Docker Hub', () => {
  it.each<[value: unknown, pulls: object]>([
    [12, { pulls: 12 }],
    ['12', { pulls: 12 }],
    ['1B+', { pulls: 1e9, pullsAtLeast: true }],
    ['5.2M', { pulls: 5_200_000, pullsAtLeast: true }],
    ['10K+', { pulls: 10_000, pullsAtLeast: true }],
    ['many', {}],
    [null, {}],
    [-1, {}],
    [`${'9'.repeat(400)}B`, {}],
  ])('pulls of %j', (value, pulls) => {
    expect(pullsOf(value)).toEqual(pulls)
  })

  it.each([[-1], [2 ** 62], [2 ** 53], [1.5], ['12'], [Number.NaN]])('T12: %s is no size', value => {
    expect(count(value)).toBeUndefined()
  })

  it.each<[value: unknown, at: string | undefined]>([
    ['2024-10-01T10:00:00.123456Z', '2024-10-01T10:00:00.123Z'],
    ['2024-10-01T10:00:00+02:00', '2024-10-01T08:00:00Z'],
    ['0001-01-01T00:00:00Z', undefined],
    ['soon', undefined],
    [5, undefined],
  ])('the time %j', (value, at) => {
    expect(time(value)).toBe(at)
  })

  it('T18: repositories whose names are none are left out', () => {
    for (const name of ['../x', 'A', 'a b', '', 'a?b', 'a\u001b[2J', undefined]) {
      expect(hubRepository({ name, namespace: 'ada' }, 'ada')).toBeUndefined()
    }
  })

  it.each<[name: string, tag: object, expected: object]>([
    [
      'of one platform, without a variant',
      { images: [{ os: 'linux', architecture: 'amd64', variant: null, size: 5 }] },
      { size: 5, platforms: ['linux/amd64'] },
    ],
    [
      'an attestation',
      {
        images: [
          { os: 'linux', architecture: 'amd64', size: 5 },
          { os: 'unknown', architecture: 'unknown', size: 1 },
        ],
      },
      { size: 5, platforms: ['linux/amd64'] },
    ],
    ['a size that is missing', { images: [{ os: 'linux', architecture: 'amd64' }] }, { platforms: ['linux/amd64'] }],
    ['nothing', {}, {}],
    ['images that are none', { images: 'many', digest: 'nonsense' }, {}],
  ])('a tag with %s', (_, tag, expected) => {
    expect(hubTag({ name: 'v1', ...tag })).toEqual({ name: 'v1', ...expected })
  })

  it.each<[headers: Record<string, string>, status: number, told: string | undefined]>([
    [{ 'x-retry-after': '1700000030' }, 429, '30'],
    [{ 'x-retry-after': '1699999999' }, 429, '0'],
    [{ 'x-retry-after': '1700000030', 'retry-after': '7' }, 429, '7'],
    [{ 'x-retry-after': '30' }, 429, undefined],
    [{ 'x-retry-after': '1700000030' }, 200, undefined],
  ])('%j at %i', async (headers, status, told) => {
    const send = epochRetryAfter(() => 1_700_000_000_000)(async () => answer(status, { headers }))
    expect((await send({ method: 'GET', url: 'https://hub.test/' })).headers['retry-after']).toBe(told)
  })
})
