import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { openBytes } from '../../src/model/content.ts'

it.each([
  [undefined, 'abcd'],
  [0, 'abcd'],
  [3, 'd'],
  [4, ''],
])('opens bytes from %s: %j', async (offset, text) => {
  // A part of something larger, and nothing else of it.
  const open = openBytes(new TextEncoder().encode('..abcd..').subarray(2, 6))
  expect((await buffer(await open(offset))).toString()).toBe(text)
  expect((await buffer(await open(offset))).toString()).toBe(text)
})
