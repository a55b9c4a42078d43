import { expect, it } from 'vitest'
import { shortfallOf } from '../../src/cli/shortfall.ts'

const failed = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ name: `v${at + 1}`, message: `reason ${at + 1}` }))

it('is none when nothing failed', () => expect(shortfallOf({ failed: [], total: 3, what: 'tags' })).toBeUndefined())

it.each([
  [1, 'the copy failed for 1 of 9 tags of a.test/app: v1'],
  [3, 'the copy failed for 3 of 9 tags of a.test/app: v1, v2, v3'],
])('%i of nine', (count, message) =>
  expect(shortfallOf({ failed: failed(count), total: 9, what: 'tags of a.test/app' })).toMatchObject({
    code: 'PARTIAL',
    message,
    hint: 'v1: reason 1',
  }),
)

it('T12: does not name thousands', () =>
  expect(shortfallOf({ failed: failed(5000), total: 5000, what: 'tags' })?.message).toMatch(/^.{10,300}$/))
