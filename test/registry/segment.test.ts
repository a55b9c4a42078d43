import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { Segment } from '../../src/registry/segment.ts'

it('is read while it is filled', async () => {
  const segment = new Segment(Buffer.alloc(8), { start: 10, end: 16 })
  const read = segment.read()
  const first = read.next()
  segment.append(Buffer.from('ab'))
  expect((await first).value?.toString()).toBe('ab')
  segment.append(Buffer.from('cd'))
  segment.append(Buffer.from('ef'))
  expect((await read.next()).value?.toString()).toBe('cdef')
  expect((await read.next()).done).toBe(true)
})

it('gives what came before it failed', async () => {
  const segment = new Segment(Buffer.alloc(8), { start: 0, end: 8 })
  expect(segment.isAnswered).toBe(false)
  segment.append(Buffer.from('abc'))
  const read = buffer(segment.read())
  segment.fail(new Error('broken'))
  expect((await read).toString()).toBe('abc')
  expect(segment.isAnswered).toBe(true)
})
