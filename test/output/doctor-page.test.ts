import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/doctor/diagnosis.ts'
import { isLeftOut, leftOut, stepLines, verdict } from '../../src/output/doctor-page.ts'

const style = { isTTY: true, color: false, unicode: true, width: 50, height: 24 }
const step = (some: Partial<Step>): Step => ({
  name: 'tls',
  status: 'ok',
  summary: 'all is well',
  details: {},
  ...some,
})
const failed = step({
  status: 'failed',
  summary: 'the certificate of registry.example has expired (on 2026-11-22T00:00:00Z)',
  hint: 'have it renewed, or skip the check with --insecure registry.example',
})
const behind = (['api', 'token', 'manifest', 'blob', 'limits'] as const).map(name =>
  step({ name, status: 'skipped', details: { because: 'tls' } }),
)

describe('the page of the doctor', () => {
  it('a step, what was seen, and what to do, wrapped', () => {
    expect(stepLines(failed, style).split('\n')).toEqual([
      '✗ tls         the certificate of registry.example',
      '              has expired (on',
      '              2026-11-22T00:00:00Z)',
      '              → have it renewed, or skip the check',
      '              with --insecure registry.example',
    ])
  })

  it.each([
    ['ok', '✓', 'ok  '],
    ['warning', '!', 'WARN'],
    ['failed', '✗', 'FAIL'],
    ['skipped', '–', '-   '],
  ] as const)('%s has a mark, and a word where there are no symbols', (status, mark, word) => {
    expect(stepLines(step({ status }), style)).toBe(`${mark} tls         all is well`)
    expect(stepLines(step({ status, hint: 'x' }), { ...style, unicode: false })).toBe(
      `${word} tls         all is well\n                 -> x`,
    )
  })

  it('what was left out stands on one line', () => {
    expect(behind.every(isLeftOut)).toBe(true)
    expect(isLeftOut(step({ status: 'skipped' }))).toBe(false)
    expect(leftOut([failed, ...behind], { ...style, width: 44 })).toBe(
      '– not looked at: api, token, manifest, blob,\n  limits',
    )
    expect(leftOut([step({})], style)).toBe('')
  })

  it.each([
    [[failed, ...behind], 'A pull fails at tls.'],
    [[step({})], 'The registry answers.'],
    [[step({ name: 'manifest' })], 'A pull works.'],
    [[step({ name: 'manifest' }), step({ status: 'warning' })], 'A pull works; 1 warning above.'],
    [[step({ status: 'warning' }), step({ status: 'warning' })], 'The registry answers; 2 warnings above.'],
  ])('ends with where a pull fails, or that it does not', (steps, text) => {
    expect(verdict(steps, style)).toBe(text)
  })

  it('T14: escapes what a registry says', () => {
    expect(stepLines(step({ summary: 'a\u001b[2Jb', hint: '\u202e' }), { ...style, width: 80 })).toBe(
      '✓ tls         a\\x1b[2Jb\n              → \\u202e',
    )
  })
})
