import { describe, expect, it } from 'vitest'
import { parseStat, parseUsage, run } from '../../bench/measure.js'

describe('parseUsage', () => {
  it.each([
    ['0.25 0.05 20480\n', { cpu: 0.3, memory: 20 * 1024 * 1024 }],
    ['Command exited with non-zero status 6\n0.01 0.00 1024\n', { cpu: 0.01, memory: 1024 * 1024 }],
  ])('%j', (text, expected) => expect(parseUsage(text)).toEqual(expected))
})

describe('parseStat', () => {
  it.each([
    ['4711 (registry) S 1 1 1 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 100 1 2 3', 2],
    ['4711 (a) b (c) S 1 1 1 0 -1 4194560 100 0 0 0 7 3 0 0 20 0 9 0 100 1 2 3', 0.1],
  ])('%j takes %d s', (text, seconds) => expect(parseStat(text)).toBeCloseTo(seconds))
})

describe('run', () => {
  it('starts nothing once it is told to stop', async () => {
    const signal = AbortSignal.abort(new Error('stopped'))
    const command = { file: '/bin/true', args: [], env: {} }
    await expect(run(command, { folder: '/nowhere', signal, timeout: 1 })).rejects.toThrow('stopped')
  })
})
