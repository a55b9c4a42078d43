import { describe, expect, it } from 'vitest'
import {
  concernsOne,
  InvalidContentError,
  isNotFound,
  MismatchError,
  NotFoundError,
  RegctlError,
} from '../../src/model/errors.ts'

describe('RegctlError', () => {
  it.each([
    [new NotFoundError('x'), 'NotFoundError', 'NOT_FOUND'],
    [new MismatchError('x'), 'MismatchError', 'CONTENT_MISMATCH'],
    [new InvalidContentError('x'), 'InvalidContentError', 'CONTENT_INVALID'],
    [new RegctlError('USAGE', 'x'), 'RegctlError', 'USAGE'],
  ])('%s has its name and code', (error, name, code) => {
    expect(error).toBeInstanceOf(RegctlError)
    expect(error).toMatchObject({ name, code, message: 'x', hint: undefined })
  })

  it.each([NotFoundError, MismatchError, InvalidContentError])('%o carries hint and cause', Kind => {
    const cause = new Error('why')
    expect(new Kind('x', { hint: 'try y', cause })).toMatchObject({ hint: 'try y', cause })
  })

  it('has no cause where there is none', () => {
    expect('cause' in new RegctlError('FAILED', 'x', { hint: 'y' })).toBe(false)
  })
})

it.each([
  [new NotFoundError('x'), true],
  [new RegctlError('NOT_FOUND', 'x'), true],
  [new RegctlError('DENIED', 'x'), false],
  [Object.assign(new Error('x'), { code: 'NOT_FOUND' }), false],
  [undefined, false],
])('isNotFound(%s) is %s', (error, answer) => {
  expect(isNotFound(error)).toBe(answer)
})

it.each([
  [new NotFoundError('x'), true],
  [new RegctlError('DENIED', 'x'), true],
  [new RegctlError('SERVER_FAILED', 'x'), true],
  [new RegctlError('UNAUTHORIZED', 'x'), false],
  [new RegctlError('RATE_LIMITED', 'x'), false],
  [new RegctlError('UNREACHABLE', 'x'), false],
  [new RegctlError('INTERRUPTED', 'x'), false],
  [new TypeError('x'), false],
])('concernsOne(%s) is %s', (error, answer) => {
  expect(concernsOne(error)).toBe(answer)
})
