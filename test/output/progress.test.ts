import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgress, type ProgressMode } from '../../src/output/progress.ts'
import { styleFor } from '../../src/output/style.ts'
import { randomBlob } from '../helpers/images.ts'

const content = { ...randomBlob(1, undefined, 'progress').descriptor, size: 10 * 1024 ** 2 }

/** A stream with what ora and we ask of a terminal; what was written is its `text`. */
function fakeStream(isTTY: boolean, columns = 80) {
  const chunks: string[] = []
  const stream = new PassThrough() as PassThrough & Partial<WriteStream>
  stream.on('data', chunk => chunks.push(String(chunk)))
  const { cursorTo, moveCursor, clearLine } = WriteStream.prototype
  Object.assign(stream, isTTY ? { isTTY, columns, rows: 24, cursorTo, moveCursor, clearLine } : {})
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join('') }
}

function start(mode: ProgressMode, isTTY: boolean, env: Readonly<Record<string, string>> = {}) {
  const { stream, text } = fakeStream(isTTY)
  const progress = createProgress({ mode, stream, style: styleFor(stream, env), now: () => Date.now() })
  return { ...progress, text }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('off a terminal', () => {
  it.each<ProgressMode>(['auto', 'plain'])(
    '%s writes a line every few seconds, without escape sequences',
    async mode => {
      const { onEvent, stop, text } = start(mode, false)
      onEvent({ type: 'found', content })
      onEvent({ type: 'started', content, offset: 0 })
      for (let at = 0; at < 10_000; at += 1) onEvent({ type: 'moved', content, bytes: 100 })
      await vi.advanceTimersByTimeAsync(5_000)
      onEvent({ type: 'moved', content, bytes: 1024 ** 2 })
      await vi.advanceTimersByTimeAsync(6_000)
      stop()
      await vi.advanceTimersByTimeAsync(20_000)
      const lines = text().trimEnd().split('\n')
      expect(lines).toHaveLength(2)
      expect(lines[0]).toMatch(/^976\.6 KiB of 10\.0 MiB, 9 %, .*\/s, .* left \(0 of 1 done\)$/)
      expect(text()).not.toContain('\u001b')
    },
  )

  it('auto is plain on a terminal that cannot move its cursor', async () => {
    const { onEvent, stop, text } = start('auto', true, { TERM: 'dumb' })
    onEvent({ type: 'found', content })
    onEvent({ type: 'moved', content, bytes: 1024 ** 2 })
    await vi.advanceTimersByTimeAsync(6_000)
    stop()
    expect(text()).toContain(' of 10.0 MiB')
    expect(text()).not.toContain('\u001b')
  })

  it.each<ProgressMode>(['auto', 'tty'])('%s is plain on a terminal that has no columns', async mode => {
    const { stream, text } = fakeStream(true, 0)
    const { onEvent, stop } = createProgress({ mode, stream, style: styleFor(stream, {}), now: () => Date.now() })
    onEvent({ type: 'found', content })
    onEvent({ type: 'moved', content, bytes: 1024 ** 2 })
    await vi.advanceTimersByTimeAsync(6_000)
    stop()
    expect(text()).toContain(' of 10.0 MiB')
    expect(text()).not.toContain('\u001b')
  })

  it('says nothing for a copy that is over at once', async () => {
    const { onEvent, stop, text } = start('auto', false)
    onEvent({ type: 'found', content })
    onEvent({ type: 'done', content, outcome: 'pushed' })
    stop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(text()).toBe('')
  })

  it('tells a wait at once, and a storm of waits once', () => {
    const { onEvent, stop, text } = start('auto', false)
    for (let at = 0; at < 50; at += 1) onEvent({ type: 'waiting', seconds: 12, reason: 'registry.example says 429' })
    stop()
    expect(text()).toBe('waiting 12 s: registry.example says 429\n')
  })
})

it('json: one event a line, thousands of small moves as one', async () => {
  const { onEvent, stop, text } = start('json', false)
  onEvent({ type: 'found', content })
  for (let at = 0; at < 5_000; at += 1) onEvent({ type: 'moved', content, bytes: 2 })
  onEvent({ type: 'waiting', seconds: 1, reason: 'a\u009b\n' })
  onEvent({ type: 'retrying', attempt: 2, reason: 'registry.example says 503' })
  onEvent({ type: 'done', content, outcome: 'mounted' })
  stop()
  await vi.advanceTimersByTimeAsync(1)
  const events = text()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(events.map(event => event.type)).toEqual(['found', 'moved', 'waiting', 'retrying', 'done'])
  expect(events[1].bytes).toBe(10_000)
  expect(events[3]).toEqual({ type: 'retrying', attempt: 2, reason: 'registry.example says 503' })
  expect(text()).not.toContain('\u009b')
})

it('none: not a byte, terminal or not', async () => {
  const { onEvent, stop, text } = start('none', true)
  onEvent({ type: 'found', content })
  await vi.advanceTimersByTimeAsync(10_000)
  stop()
  expect(text()).toBe('')
})

describe('on a terminal', () => {
  it('draws live, few times however many events, and leaves it clean', async () => {
    const { onEvent, stop, text } = start('auto', true)
    onEvent({ type: 'found', content })
    onEvent({ type: 'started', content, offset: 0 })
    await vi.dynamicImportSettled()
    for (let at = 0; at < 20_000; at += 1) onEvent({ type: 'moved', content, bytes: 100 })
    await vi.advanceTimersByTimeAsync(1_000)
    stop()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(text()).toContain('1.9 MiB of 10.0 MiB, 19 %')
    expect(text()).toContain('━')
    expect(text().split('19 %').length).toBeLessThan(40)
    expect(text()).toContain('\u001b[?25l')
    expect(text().trimEnd().endsWith('\u001b[?25h')).toBe(true)
  })

  it('draws nothing when it is stopped before it began', async () => {
    const { stop, text } = start('tty', true)
    stop()
    await vi.dynamicImportSettled()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(text()).toBe('')
  })
})
