import { expect, it } from 'vitest'
import { type ReadingEvent, tellReading } from '../../src/files/reading.ts'

const mib = 1024 ** 2

it('tells of the first chunk, and then every 8 MiB', () => {
  const events: ReadingEvent[] = []
  const take = tellReading(event => events.push(event), { name: 'disk.iso', size: 20 * mib })
  for (let at = 0; at < 20; at += 1) take(mib)
  expect(events.map(({ bytes }) => bytes / mib)).toEqual([1, 9, 17])
  expect(events[0]).toEqual({ type: 'reading', name: 'disk.iso', bytes: mib, size: 20 * mib })
})
