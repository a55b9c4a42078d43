import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { listenForSignals } from '../../src/cli/signals.ts'

function fakeProcess() {
  return Object.assign(new EventEmitter(), { exit: vi.fn() })
}

it.each([
  ['SIGINT', 'INTERRUPTED', 130],
  ['SIGTERM', 'TERMINATED', 143],
] as const)('%s aborts with %s; a second one ends the process with %d', (signal, code, exit) => {
  const process = fakeProcess()
  const interruption = listenForSignals(process)
  expect(interruption.signal.aborted).toBe(false)
  process.emit(signal)
  expect(interruption.signal.reason).toMatchObject({ code })
  expect(process.exit).not.toHaveBeenCalled()
  process.emit(signal)
  expect(process.exit).toHaveBeenCalledWith(exit)
})

it('stops listening', () => {
  const process = fakeProcess()
  listenForSignals(process).dispose()
  expect(process.eventNames()).toEqual([])
})

it('lets hundreds of requests listen without a warning of Node', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  const { signal } = listenForSignals(fakeProcess())
  for (let at = 0; at < 300; at += 1) signal.addEventListener('abort', () => {})
  await new Promise(resolve => setImmediate(resolve))
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})
