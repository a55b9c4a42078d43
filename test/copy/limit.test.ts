import { expect, it } from 'vitest'
import { createLimit } from '../../src/copy/limit.ts'

const settle = () => new Promise(resolve => setImmediate(resolve))

it.each([1, 2, 3])(
  'lets %i in at once, in the order they came, and the next when one has ended, well or not',
  async size => {
    const limit = createLimit(size)
    const begun: number[] = []
    const ends: { resolve(): void; reject(error: Error): void }[] = []
    const all = [0, 1, 2, 3, 4].map(at =>
      limit(() => {
        begun.push(at)
        return new Promise<number>((resolve, reject) => ends.push({ resolve: () => resolve(at), reject }))
      }).catch(() => 'failed'),
    )
    for (let ended = 0; ended < 5; ended++) {
      await settle()
      expect(begun).toEqual([0, 1, 2, 3, 4].slice(0, ended + size))
      if (ended % 2) ends[ended]?.reject(new Error('no'))
      else ends[ended]?.resolve()
    }
    expect(await Promise.all(all)).toEqual([0, 'failed', 2, 'failed', 4])
    expect(await limit(async () => 'free again')).toBe('free again')
  },
)

it('keeps its places when nobody waits for them', async () => {
  const limit = createLimit(2)
  await Promise.all([limit(async () => {}), limit(async () => {})])
  let inside = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++inside)
    await settle()
    inside--
  }
  await Promise.all(Array.from({ length: 6 }, () => limit(work)))
  expect(most).toBe(2)
})

it('a call that throws at once gives its place back', async () => {
  const limit = createLimit(1)
  const failing = limit(() => {
    throw new Error('at once')
  })
  await expect(failing).rejects.toThrow('at once')
  expect(await limit(async () => 'in')).toBe('in')
})
