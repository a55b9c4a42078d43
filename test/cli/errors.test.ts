import { string } from '@oclif/core/args'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { describe, expect, it } from 'vitest'
import { errorJson, errorText, toRegctlError } from '../../src/cli/errors.ts'
import { Program } from '../../src/cli/program.ts'
import { RegctlError } from '../../src/model/errors.ts'

const context = { command: 'regctl tags', flags: ['--filter', '--sort', '--platform', '--limit'] }
const style = { isTTY: false, color: false, unicode: false, width: Number.POSITIVE_INFINITY, height: 24 }

/** A command that only parses, to see what oclif itself throws. */
class Parse extends Command {
  static override args = { repository: string({ required: true }) }
  static override flags = {
    filter: Flags.string(),
    sort: Flags.option({ options: ['name', 'semver'] as const })(),
    limit: Flags.integer({ min: 1 }),
    password: Flags.string({ exclusive: ['filter'] }),
    platform: Flags.string({
      parse: async text => {
        throw new RegctlError('USAGE', `${text} is not a platform`, { hint: 'os/arch' })
      },
    }),
  }
  override async run() {
    await this.parse(Parse)
  }
}

async function parseError(line: string): Promise<RegctlError> {
  const program = new Program('/nowhere', { name: 'regctl-js', version: '0.0.0', oclif: { bin: 'regctl' } })
  const thrown = await new Parse(line === '' ? [] : line.split(' '), program).run().catch(error => error)
  return toRegctlError(thrown, context)
}

describe('wrong usage', () => {
  it.each([
    ['', 'regctl tags needs REPOSITORY', 'see regctl tags --help'],
    ['a b', 'regctl tags does not take b', 'see regctl tags --help'],
    ['a --fliter x', 'regctl tags has no flag --fliter', 'did you mean --filter? see regctl tags --help'],
    ['a --frobnicate=1', 'regctl tags has no flag --frobnicate', 'see regctl tags --help'],
    ['a --sort size', 'Expected --sort=size to be one of: name, semver', 'see regctl tags --help'],
    ['a --filter', 'Flag --filter expects a value', 'see regctl tags --help'],
    ['a --limit x', '--limit: Expected an integer but received: x', 'see regctl tags --help'],
    [
      'a --limit 0',
      expect.stringContaining('--limit: Expected an integer greater than or equal to 1'),
      expect.anything(),
    ],
    [
      'a --password x --filter y',
      expect.stringMatching(/^--filter=y cannot also be provided when using --password$/),
      expect.anything(),
    ],
    ['a --platform x', '--platform: x is not a platform', 'os/arch'],
  ])('%j: %s', async (line, message, hint) => {
    const error = await parseError(line)
    expect(error).toMatchObject({ code: 'USAGE', message, hint })
  })
})

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
  ['EROFS', 'FAILED', '/x/y is on a file system that cannot be written to'],
  ['ENOSPC', 'FAILED', 'no space is left for /x/y'],
  ['EDQUOT', 'FAILED', 'the quota of this account leaves no space for /x/y'],
])('says %s as a sentence', (code, kind, message) => {
  const thrown = Object.assign(new Error(`${code}: words of Node, open '/x/y'`), { code, path: '/x/y' })
  expect(toRegctlError(thrown, context)).toMatchObject({ code: kind, message })
})

it('says that the disk is full where Node names no file', () => {
  const thrown = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(toRegctlError(thrown, context)).toMatchObject({ message: 'no space is left for what was to be written' })
})
