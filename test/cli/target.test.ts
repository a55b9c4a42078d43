import { describe, expect, it } from 'vitest'
import { digestIn, namedIn } from '../../src/cli/target.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('what a name says, with nothing added', () => {
  it.each<[string, object]>([
    ['nginx', {}],
    ['nginx:1', { tag: '1' }],
    [`nginx@${digest}`, { digest }],
    [`nginx:1@${digest}`, { tag: '1', digest }],
    ['localhost:5000/app', {}],
    ['oci:dir', {}],
    ['oci:dir:v1', { tag: 'v1' }],
    [`oci:dir@${digest}`, { digest }],
    ['oci-archive:a.tar:v1', { tag: 'v1' }],
  ])('%s', (text, { tag, digest }: { tag?: string; digest?: string }) => {
    const named = namedIn(text)
    expect([named.tag, named.digest]).toEqual([tag, digest])
  })
})

describe('a digest where one is wanted', () => {
  it.each([
    [`nginx@${digest}`, digest],
    [`nginx:1@${digest}`, digest],
    [`oci:dir@${digest}`, digest],
    ['nginx', undefined],
    ['oci:dir', undefined],
  ])('%s', (text, expected) => expect(digestIn(text)).toBe(expected))

  it.each(['nginx:1', 'oci:dir:v1', 'localhost:5000/app:latest'])('%s names a tag', text =>
    expect(() => digestIn(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: `${text} names a tag, and a digest is wanted` }),
    ),
  )
})
