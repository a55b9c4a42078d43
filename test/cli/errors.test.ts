import { describe, expect, it } from 'vitest'
import { errorJson, errorText, toRegctlError } from '../../src/cli/errors.ts'
import { RegctlError } from '../../src/model/errors.ts'

const style = { isTTY: false, color: false, unicode: false, width: Number.POSITIVE_INFINITY, height: 24 }
const context = { command: 'regctl tags', flags: {} }

describe('everything else', () => {
  it.each([
    [new RegctlError('DENIED', 'no'), 'DENIED', 'no'],
    [
      Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: '/a/b' }),
      'NOT_FOUND',
      'there is no /a/b',
    ],
    [new Error('boom'), 'FAILED', 'boom'],
    [new TypeError(''), 'FAILED', 'TypeError'],
    ['text', 'FAILED', 'text'],
  ])('%s', (thrown, code, message) => expect(toRegctlError(thrown, context)).toMatchObject({ code, message }))

  it('T15: what nobody foresaw has no secret in its message', () => {
    const error = toRegctlError(
      new Error('GET https://ann:pa55@r.example/blob?sig=s3cret Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ failed'),
      context,
    )
    expect(error.message).not.toMatch(/pa55|s3cret|eyJ/)
  })
})

describe('printing', () => {
  const error = new RegctlError('NOT_FOUND', 'there is no tag \u001b[2J\n::error::x', { hint: 'see \u202e' })

  it('T14: escapes message and hint', () => {
    expect(errorText(error, { style, debug: false })).toBe(
      'error: there is no tag \\x1b[2J\\n::error::x\nhint: see \\u202e',
    )
  })

  it('is the JSON of CLI.md', () => {
    expect(JSON.parse(errorJson(error))).toEqual({
      error: { code: 'NOT_FOUND', message: error.message, hint: error.hint, exit: 3 },
    })
    expect(JSON.parse(errorJson(new RegctlError('FAILED', 'x'))).error).toEqual({
      code: 'FAILED',
      message: 'x',
      exit: 1,
    })
    expect(errorJson(error)).not.toContain('\u202e')
  })

  it('T15: shows the stack and its causes only when asked, without secrets', () => {
    const cause = new Error('https://ann:pa55@r.example/?sig=s3cret')
    const outer = new RegctlError('UNREACHABLE', 'no answer', { cause })
    expect(errorText(outer, { style, debug: false })).toBe('error: no answer')
    const text = errorText(outer, { style, debug: true })
    expect(text).toContain('caused by:')
    expect(text).toContain('errors.test.ts')
    expect(text).not.toMatch(/pa55|s3cret/)
  })

  it('is red where there is colour', () => {
    expect(errorText(error, { style: { ...style, color: true }, debug: false })).toMatch(
      /^\u001b\[31merror:\u001b\[39m /,
    )
  })
})

it.each([
  ['ENOENT', 'NOT_FOUND', 'there is no /x/y'],
  ['EACCES', 'FAILED', 'this account may not use /x/y'],
  ['EPERM', 'FAILED', 'this account may not use /x/y'],
  ['ENOTDIR', 'FAILED', '/x/y goes through something that is no folder'],
  ['EISDIR', 'FAILED', '/x/y is a folder, and not a file'],
  ['EEXIST', 'EXISTS', '/x/y is there already'],
  ['ENAMETOOLONG', 'FAILED', '/x/y… is too long for the name of a file'],
  ['ELOOP', 'FAILED', '/x/y is a link that leads nowhere'],
  ['EROFS', 'FAILED', '/x/y is on a file system that cannot be written to'],
  ['ENOSPC', 'FAILED', 'no space is left for /x/y'],
  ['EDQUOT', 'FAILED', 'the quota of this account leaves no space for /x/y'],
])('says %s as a sentence', (code, kind, message) => {
  const thrown = Object.assign(new Error(`${code}: words of Node, open '/x/y'`), { code, path: '/x/y' })
  expect(toRegctlError(thrown, context)).toMatchObject({ code: kind, message })
})

it('names what a file was to be called, and not the temporary one', () => {
  const thrown = Object.assign(new Error('EISDIR: rename'), { code: 'EISDIR', path: '/x/.tmp.1', dest: '/x/y' })
  expect(toRegctlError(thrown, context)).toMatchObject({ message: '/x/y is a folder, and not a file' })
})

it('says that the disk is full where Node names no file', () => {
  const thrown = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(toRegctlError(thrown, context)).toMatchObject({ message: 'no space is left for what was to be written' })
})
