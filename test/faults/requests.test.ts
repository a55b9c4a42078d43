import { afterEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { expectWhole, image, withClient } from './rows.ts'
import { inEachWorld } from './worlds.ts'

let ways: FaultProxy[] = []
afterEach(async () => {
  await Promise.all(ways.map(way => way.close()))
  ways = []
})

async function way(to: string): Promise<FaultProxy> {
  const proxy = await startFaultProxy(to)
  ways.push(proxy)
  return proxy
}

async function run(from: string, to: string) {
  return withClient(async client => copy(await client.open(from), await client.open(to, { write: true })))
}

const lines = ({ log }: FaultProxy) => log.map(({ method, kind, status }) => `${method} ${kind} ${status}`)
const blobs = image.contents.size - 1

describe('requests, counted on their way', () => {
  inEachWorld(world => {
    it('a cold copy of N blobs: 2N + 3 at the destination, N + 2 at the source; then two in all', async () => {
      const { source, destination } = world()
      const [from, to] = [await way(source), await way(destination)]
      await run(`${from.host}/demo/app:new`, `${to.host}/counted/app:new`)
      await expectWhole(`${destination}/counted/app:new`, image)
      expect(to.log.length).toBeLessThanOrEqual(2 * blobs + 3)
      expect(from.log.length).toBeLessThanOrEqual(blobs + 2)
      expect(to.count('POST uploads')).toBe(blobs)
      from.log.length = to.log.length = 0
      await run(`${from.host}/demo/app:new`, `${to.host}/counted/app:new`)
      expect([lines(from), lines(to)]).toEqual([['HEAD manifest 200'], ['HEAD manifest 200']])
    })

    it('within one registry blobs are mounted: no byte of them moves', async () => {
      const { source } = world()
      const both = await way(source)
      const result = await run(`${both.host}/demo/app:new`, `${both.host}/mounted/app:new`)
      await expectWhole(`${source}/mounted/app:new`, image)
      expect(result.blobs).toEqual({ copied: 0, mounted: blobs, skipped: 0 })
      expect(lines(both).filter(line => line === 'POST uploads 201')).toHaveLength(blobs)
      expect(both.count('GET blob') + both.count('PUT upload')).toBe(0)
    })
  })
})
