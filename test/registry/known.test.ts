import { expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { knownBlobs } from '../../src/registry/known.ts'

const digest = (at: number) => digestOf(Buffer.from(String(at)))

it('finds a repository that holds a blob, besides the one that wants it', () => {
  const known = knownBlobs()
  known.add(digest(1), 'a')
  known.add(digest(1), 'b')
  expect(known.find(digest(1), 'a')).toBe('b')
  expect(known.find(digest(1), 'c')).toBe('a')
  known.forget(digest(1), 'a')
  expect(known.find(digest(1), 'b')).toBeUndefined()
  expect(known.has(digest(1), 'b')).toBe(true)
})

it('offers no repository that was ruled out', () => {
  const known = knownBlobs()
  known.add(digest(1), 'private')
  known.add(digest(1), 'public')
  known.ruleOut('private')
  expect(known.find(digest(1), 'x')).toBe('public')
  expect(known.isRuledOut('private')).toBe(true)
})

it('T12: holds no more than fifty thousand, and forgets the oldest', () => {
  const known = knownBlobs()
  for (let at = 0; at < 50_010; at++) known.add(digest(at), 'a')
  expect([...known.entries()]).toHaveLength(50_000)
  expect(known.has(digest(5), 'a')).toBe(false)
  expect(known.has(digest(50_009), 'a')).toBe(true)
})
