import { expect, it } from 'vitest'
import { createSeen } from '../../src/webhook/seen.ts'

it('T12: remembers the last ones, and no more', () => {
  const seen = createSeen(2)
  for (const id of ['a', 'b', 'c']) seen.add(id)
  expect(['a', 'b', 'c'].map(seen.has)).toEqual([false, true, true])
})
