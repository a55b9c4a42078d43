import { expect, it } from 'vitest'
import { formatTally } from '../../src/output/tally.ts'
import { emptyTally } from '../../src/webhook/tally.ts'

it('says only what there was', () => {
  expect(formatTally(emptyTally())).toBe('0 events in 0 requests: 0 passed on')
  const tally = {
    ...emptyTally(),
    requests: 9,
    events: 12,
    delivered: 7,
    duplicates: 1,
    filtered: 2,
    layers: 2,
    failures: 1,
  }
  tally.refused.secret = 1
  tally.refused.full = 2
  expect(formatTally(tally)).toBe(
    '12 events in 9 requests: 7 passed on, 1 duplicate, 2 not asked for, 2 about layers; refused 3 requests (1 wrong secret, 2 too many at once); 1 command failed',
  )
})
