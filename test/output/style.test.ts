import { describe, expect, it } from 'vitest'
import { paint, styleFor } from '../../src/output/style.ts'

const terminal = { isTTY: true, columns: 100, rows: 30 }
const pipe = {}

describe('colour', () => {
  it.each([
    [terminal, {}, true],
    [pipe, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { FORCE_COLOR: '1' }, true],
    [pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [terminal, { FORCE_COLOR: 'false' }, false],
  ])('on %j under %j: %s', (stream, env, color) => expect(styleFor(stream, env).color).toBe(color))
})

describe('unicode', () => {
  it.each([
    [terminal, {}, true],
    [terminal, { LANG: 'C' }, false],
    [terminal, { LANG: 'de_DE.UTF-8' }, true],
    [terminal, { LANG: 'C.utf8', LC_ALL: 'POSIX' }, false],
    [terminal, { TERM: 'linux' }, false],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { LANG: 'C.UTF-8' }, false],
  ])('on %j under %j: %s', (stream, env, unicode) => expect(styleFor(stream, env).unicode).toBe(unicode))
})

it('a pipe has no edge', () => {
  expect(styleFor(pipe, {}).width).toBe(Number.POSITIVE_INFINITY)
  expect(styleFor(terminal, {})).toMatchObject({ width: 100, height: 30 })
  expect(styleFor({ isTTY: true }, {})).toMatchObject({ width: 80, height: 24 })
})

it('paints only where there is colour', () => {
  expect(paint('x', 'red', { color: true })).toBe('\u001b[31mx\u001b[39m')
  expect(paint('x', 'red', { color: false })).toBe('x')
  expect(paint('', 'red', { color: true })).toBe('')
})
