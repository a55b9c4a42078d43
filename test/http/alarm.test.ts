import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Alarm } from '../../src/http/alarm.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('an alarm', () => {
  const second = 1000
  const cases: [string, (alarm: Alarm, ring: (name: string) => (seconds: number) => void) => void, string[]][] = [
    ['rings once', (alarm, ring) => alarm.set(2 * second, ring('a')), ['a 2']],
    [
      'set anew, rings by the last word alone',
      (alarm, ring) => {
        alarm.set(2 * second, ring('a'))
        alarm.set(2 * second, ring('b'))
        alarm.set(3 * second, ring('c'))
      },
      ['c 3'],
    ],
    [
      'set anew, counts from then on',
      (alarm, ring) => {
        alarm.set(6 * second, ring('a'))
        vi.advanceTimersByTime(5 * second)
        alarm.set(6 * second, ring('b'))
      },
      [],
    ],
    [
      'cleared, does not ring',
      (alarm, ring) => {
        alarm.set(2 * second, ring('a'))
        alarm.clear()
      },
      [],
    ],
    [
      'cleared, can be set again',
      (alarm, ring) => {
        alarm.set(2 * second, ring('a'))
        alarm.clear()
        alarm.set(2 * second, ring('b'))
      },
      ['b 2'],
    ],
    [
      'having rung, can be set again',
      (alarm, ring) => {
        alarm.set(1 * second, ring('a'))
        vi.advanceTimersByTime(1 * second)
        alarm.set(1 * second, ring('b'))
      },
      ['a 1', 'b 1'],
    ],
  ]
  it.each(cases)('%s', (_, act, rung) => {
    const heard: string[] = []
    act(new Alarm(), name => seconds => heard.push(`${name} ${seconds}`))
    vi.advanceTimersByTime(5 * second)
    expect(heard).toEqual(rung)
  })

  it('ended, keeps no timer', () => {
    const alarm = new Alarm()
    alarm.set(second, () => {})
    alarm.clear()
    expect(vi.getTimerCount()).toBe(1)
    alarm.end()
    expect(vi.getTimerCount()).toBe(0)
  })
})
