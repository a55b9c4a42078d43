import { describe, expect, it } from 'vitest'
import { liveLines, plainLine } from '../../src/output/progress-lines.ts'
import type { Snapshot } from '../../src/output/progress-state.ts'
import { displayWidth } from '../../src/output/width.ts'
import { randomBlob } from '../helpers/images.ts'

const mib = 1024 ** 2
const style = { isTTY: true, color: false, unicode: true, width: 80, height: 24 }
const snapshot: Snapshot = {
  total: 80 * mib,
  settled: 12.4 * mib,
  percent: 15,
  found: 12,
  done: 3,
  rate: 4.2 * mib,
  secondsLeft: 16.1,
  stalledFor: undefined,
  waiting: undefined,
  images: undefined,
  tags: undefined,
  retries: 0,
  active: [],
  reading: undefined,
}
const transfer = (at: number) => ({
  content: { ...randomBlob(1, undefined, `${at}`).descriptor, size: 10 * mib },
  at: at * mib,
})

describe('plainLine', () => {
  it.each<[Partial<Snapshot>, string]>([
    [{}, '12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left (3 of 12 done)'],
    [{ images: { done: 4, total: 300 } }, '12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left (4 of 300 images done)'],
    [{ found: 0 }, ''],
    [
      { found: 0, reading: { name: 'a\u001b.iso', bytes: 2 * mib, size: 9 * mib } },
      'reading a\\x1b.iso: 2.0 MiB of 9.0 MiB',
    ],
    [{ retries: 1 }, '12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left, 1 retry (3 of 12 done)'],
    [{ retries: 7 }, '12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left, 7 retries (3 of 12 done)'],
    [{ rate: 0, secondsLeft: undefined }, '12.4 MiB of 80.0 MiB, 15 % (3 of 12 done)'],
    [
      { rate: 0, secondsLeft: undefined, waiting: { seconds: 11.2, reason: 'registry.example says 429' } },
      '12.4 MiB of 80.0 MiB, 15 % (3 of 12 done); waiting 12 s: registry.example says 429',
    ],
    [
      { rate: 0, secondsLeft: undefined, stalledFor: 31 },
      '12.4 MiB of 80.0 MiB, 15 % (3 of 12 done); no data for 31 s',
    ],
  ])('%j', (change, line) => expect(plainLine({ ...snapshot, ...change })).toBe(line))

  it('T14: shows control characters of a reason', () => {
    expect(plainLine({ ...snapshot, waiting: { seconds: 0.9, reason: 'x' } })).toContain('waiting 1 s: x')
    expect(plainLine({ ...snapshot, waiting: { seconds: 1.2, reason: 'x' } })).toContain('waiting 2 s: x')
    expect(plainLine({ ...snapshot, waiting: { seconds: 1, reason: 'a\u001b[2J\nb' } })).toContain('a\\x1b[2J\\nb')
  })
})

it('says what it does before there is anything to count', () => {
  const nothing = { ...snapshot, total: 0, settled: 0, found: 0, done: 0 }
  expect(liveLines(nothing, style)).toEqual(['starting'])
  const reading = { name: 'disk.iso', bytes: 2 * mib, size: 9 * mib }
  expect(liveLines({ ...nothing, reading }, style)).toEqual(['reading disk.iso: 2.0 MiB of 9.0 MiB'])
  expect(liveLines({ ...nothing, tags: 1200 }, style)).toEqual(['looked up 1200 tags'])
  expect(plainLine({ ...nothing, tags: 1 })).toBe('looked up 1 tag')
  expect(plainLine({ ...nothing, images: { done: 3, total: 40 } })).toBe('3 of 40 done')
})

describe('liveLines', () => {
  it('draws a bar for what is on its way', () => {
    expect(liveLines({ ...snapshot, active: [transfer(5)] }, style)).toEqual([
      '12.4 MiB of 80.0 MiB, 15 %, 4.2 MiB/s, 16 s left (3 of 12 done)',
      expect.stringMatching(/^ {2}sha256:\w{12} ━+─+ {2}50 % {2}5\.0 MiB of 10\.0 MiB$/),
    ])
  })

  it.each([20, 40, 80, 160])('stays within %d columns, the spinner included', width => {
    const waiting = { seconds: 5, reason: 'x'.repeat(300) }
    const lines = liveLines({ ...snapshot, waiting, active: [transfer(0), transfer(10)] }, { ...style, width })
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width - 3)
  })

  it.each([3, 5, 10, 24])('stays within %d lines', height => {
    const active = Array.from({ length: 60 }, (_, at) => transfer(at % 10))
    const lines = liveLines({ ...snapshot, active }, { ...style, height })
    expect(lines.length).toBeLessThanOrEqual(height - 2)
    if (height > 3) expect(lines.at(-1)).toMatch(/and \d+ more/)
  })

  it('does without unicode and without colour', () => {
    const lines = liveLines({ ...snapshot, active: [transfer(5)] }, { ...style, unicode: false }).join('\n')
    expect(lines).toMatch(/#+-+/)
    expect(lines).toMatch(/^[\x20-\x7e\n]+$/)
  })
})
