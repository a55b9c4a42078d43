import { describe, expect, it } from 'vitest'
import { orderTags, type TagOrder } from '../../src/image/tag-order.ts'
import type { TagSummary } from '../../src/image/tags.ts'

const day = 24 * 3600 * 1000
const now = Date.parse('2026-11-25T00:00:00Z')
const tags: TagSummary[] = [
  { name: 'b', created: '2026-01-01T00:00:00Z', pushed: '2026-11-01T00:00:00Z', size: 30 },
  {
    name: 'a',
    created: '2026-03-01T00:00:00Z',
    pushed: '2026-10-01T00:00:00Z',
    pulled: '2026-11-20T00:00:00Z',
    size: 10,
  },
  { name: 'none', created: null },
  { name: 'c', created: '2026-02-01T00:00:00Z', size: 20 },
]

describe('the order of tags by what is known of them', () => {
  it.each<[order: TagOrder, names: string]>([
    [{}, 'b a none c'],
    [{ reverse: true }, 'c none a b'],
    [{ sort: 'created' }, 'b c a none'],
    [{ sort: 'created', reverse: true }, 'a c b none'],
    [{ sort: 'pushed' }, 'a b none c'],
    [{ sort: 'pushed', reverse: true }, 'b a none c'],
    [{ sort: 'pulled' }, 'a b none c'],
    [{ sort: 'size' }, 'a c b none'],
    [{ sort: 'size', reverse: true, limit: 2 }, 'b c'],
    // By when they were pushed, else by when they were made.
    [{ newest: 2 }, 'b a'],
    [{ newest: 9 }, 'b a c none'],
    [{ newest: 2, sort: 'size' }, 'a b'],
    [{ olderThan: 30 * day }, 'a c'],
    [{ olderThan: 100 * day }, 'c'],
    [{ olderThan: 1000 * day }, ''],
    [{ olderThan: 30 * day, newest: 1 }, 'a'],
  ])('%j', (order, names) => {
    expect(
      orderTags(tags, { ...order, now })
        .map(({ name }) => name)
        .join(' '),
    ).toBe(names)
  })

  it.each<TagOrder>([{ sort: 'pushed' }, { sort: 'pulled' }, { sort: 'size' }, { newest: 1 }, { olderThan: 1 }])(
    'refuses %j where no tag tells',
    order => {
      expect(() => orderTags([{ name: 'a' }, { name: 'b' }], order)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED' }),
      )
      expect(orderTags([], order)).toEqual([])
    },
  )

  it('leaves what it was given as it is', () => {
    orderTags(tags, { sort: 'size', reverse: true })
    expect(tags.map(({ name }) => name)).toEqual(['b', 'a', 'none', 'c'])
  })
})
