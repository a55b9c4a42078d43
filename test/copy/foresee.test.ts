import { expect, it } from 'vitest'
import { foreseeQuota } from '../../src/copy/foresee.ts'
import type { Notice } from '../../src/model/notice.ts'
import { memoryStore } from '../../src/store/memory.ts'

function foresee(remaining: number | undefined, ...manifests: number[]): string[] {
  const notices: Notice[] = []
  const quota = () => (remaining === undefined ? undefined : { remaining, limit: 100, windowSeconds: 1 })
  const look = foreseeQuota({ store: memoryStore(), reference: 'v1', quota }, notice => notices.push(notice))
  for (const count of manifests) look(count)
  return notices.map(({ code, message }) => `${code} ${message.replace(/^.*?: |; .*$/g, '')}`)
}

it.each<[string, number | undefined, number[], string[]]>([
  ['enough', 3, [1, 2, 3], []],
  ['one too few', 2, [3], ['RATE_LIMIT_LOW the registry grants 2 more of 100 pulls, and this copy needs up to 3']],
  ['none for one', 0, [1], ['RATE_LIMIT_LOW the registry grants 0 more of 100 pulls, and this copy needs one']],
  ['once is enough', 0, [1, 5], ['RATE_LIMIT_LOW the registry grants 0 more of 100 pulls, and this copy needs one']],
  [
    'enough at first',
    4,
    [4, 5],
    ['RATE_LIMIT_LOW the registry grants 4 more of 100 pulls, and this copy needs up to 5'],
  ],
  ['nothing needed', 0, [0], []],
  ['not counted', undefined, [1000], []],
])('%s', (_, remaining, manifests, expected) => expect(foresee(remaining, ...manifests)).toEqual(expected))

it('says nothing of a place without a quota, nor to nobody', () => {
  foreseeQuota({ store: memoryStore(), reference: 'v1' }, () => expect.unreachable())(5)
  foreseeQuota(
    { store: memoryStore(), reference: 'v1', quota: () => ({ remaining: 0, limit: 1, windowSeconds: 1 }) },
    undefined,
  )(5)
})
