import { describe, expect, it } from 'vitest'
import { glob } from '../../src/model/glob.ts'

describe('glob', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['A', 'a', false],
    ['*', 'a.b-c_d', true],
    ['*', '.a', true],
    ['a?', 'ab', true],
    ['a?', 'a', false],
    ['v[0-9]', 'v1', true],
    ['v[0-9]', 'vx', false],
    ['{a,b}*', 'b1', true],
    ['!a*', 'a1', false],
    ['!a*', 'b1', true],
    ['*.*.*-*', '1.2.3-alpine', true],
    ['team/*', 'team/app', true],
    ['team/*', 'team/app/web', false],
    ['team/**', 'team/app/web', true],
    ['*', 'team/app', false],
    ['(a+)', 'aa', false],
    ['a+', 'a+', true],
    ['a+', 'aa', false],
  ])('%s takes %s: %s', (pattern, name, answer) => {
    expect(glob(pattern, 'tags')(name)).toBe(answer)
  })

  it.each(['', '[a', '{a,b', '(a', 'a)', '*a*a*a*a*b', 'a'.repeat(1025)])('refuses %.20j', pattern => {
    expect(() => glob(pattern, 'tags')).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => glob(pattern, 'tags')).toThrow(/is not a pattern for tags$/)
  })

  it.each(['(a+)+b', '([a-z]+)+b', '+(a|aa)b', '*a*a*a*b'])('T26: %s takes no exponential time', pattern => {
    expect(glob(pattern, 'tags')('a'.repeat(128))).toBe(false)
  })

  it('T26: a megabyte is no name', () => {
    expect(glob('*', 'repositories')('a'.repeat(1_000_000))).toBe(false)
    expect(glob('*', 'repositories')('a'.repeat(255))).toBe(true)
  })
})
