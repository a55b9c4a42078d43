import { expect, it } from 'vitest'
import { isStale, noteStale } from '../../src/http/stale.ts'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'

const broken = (system: string, code: ErrorCode = 'UNREACHABLE') =>
  new RegctlError(code, 'it broke', { cause: Object.assign(new Error('x'), { code: system }) })

it.each<[string, RegctlError, boolean | undefined, boolean]>([
  ['reset on a kept connection', broken('ECONNRESET'), true, true],
  ['a closed pipe on a kept connection', broken('EPIPE'), true, true],
  ['reset on a new one', broken('ECONNRESET'), false, false],
  ['reset, and nobody knows', broken('ECONNRESET'), undefined, false],
  ['refused', broken('ECONNREFUSED'), true, false],
  ['a stall', broken('ECONNRESET', 'STALLED'), true, false],
  ['no cause', new RegctlError('UNREACHABLE', 'it broke'), true, false],
])('%s: stale %s', (_, error, reused, expected) => {
  expect(noteStale(error, reused)).toBe(error)
  expect(isStale(error)).toBe(expected)
})

it('another error is not', () => {
  expect(isStale(broken('ECONNRESET'))).toBe(false)
  expect(isStale(new Error('x'))).toBe(false)
})
