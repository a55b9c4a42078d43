import { expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'

it('is the table of CLI.md', () => {
  const codesOf = (exit: number) => Object.entries(exitCodes).flatMap(([code, own]) => (own === exit ? [code] : []))
  const exits = new Set(Object.values(exitCodes))
  expect(Object.fromEntries([...exits].map(exit => [exit, codesOf(exit).sort()]))).toEqual({
    1: ['EXISTS', 'FAILED', 'REFUSED', 'UNSUPPORTED'],
    2: ['CONFIG_INVALID', 'REFERENCE_INVALID', 'USAGE'],
    3: ['NOT_FOUND'],
    4: ['DENIED', 'UNAUTHORIZED'],
    5: ['RATE_LIMITED'],
    6: ['SERVER_FAILED', 'STALLED', 'TLS_FAILED', 'UNREACHABLE'],
    7: ['CONTENT_INVALID', 'CONTENT_MISMATCH'],
    8: ['PARTIAL'],
    130: ['INTERRUPTED'],
    143: ['TERMINATED'],
  })
})
