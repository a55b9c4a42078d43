import { expect, it } from 'vitest'
import { mapInTurns } from '../../src/model/in-turns.ts'

it('keeps the order of the items', async () => {
  expect(await mapInTurns([3, 1, 2], async item => item * 2)).toEqual([6, 2, 4])
})

it('begins nothing more after a failure', async () => {
  const begun: number[] = []
  const work = async (item: number) => {
    begun.push(item)
    if (item === 0) throw new Error('broken')
  }
  const items = Array.from({ length: 500 }, (_, at) => at)
  await expect(mapInTurns(items, work)).rejects.toThrow('broken')
  await new Promise(resolve => setImmediate(resolve))
  expect(begun.length).toBeLessThan(50)
})

it('tells of a failure when nothing is under way any more', async () => {
  let ended = false
  const work = async (item: string) => {
    if (item === 'broken') throw new Error(item)
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
    ended = true
  }
  await expect(mapInTurns(['broken', 'slow'], work)).rejects.toThrow('broken')
  expect(ended).toBe(true)
})
