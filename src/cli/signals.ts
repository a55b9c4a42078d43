import { setMaxListeners } from 'node:events'
import { RegctlError } from '../model/errors.ts'
import { exitCodes } from './exit-codes.ts'

/** Ctrl-C or SIGTERM as an AbortSignal whose reason is a RegctlError. */
export interface Interruption {
  signal: AbortSignal
  /** Stops listening. */
  dispose(): void
}

/** The part of `process` that this needs. */
export interface Signalled {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  off(signal: NodeJS.Signals, listener: () => void): unknown
  exit(code: number): void
}

/** The first signal asks the work in flight to be put down (INTERRUPTED, TERMINATED); a second one ends the process there and then. */
export function listenForSignals(process: Signalled): Interruption {
  const controller = new AbortController()
  // Every request in flight listens: hundreds are no leak, and Node's warning is not for the terminal.
  setMaxListeners(0, controller.signal)
  const listen = (name: NodeJS.Signals, code: 'INTERRUPTED' | 'TERMINATED', message: string) => {
    const listener = () => {
      if (controller.signal.aborted) process.exit(exitCodes[code])
      else controller.abort(new RegctlError(code, message))
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  }
  const stops = [listen('SIGINT', 'INTERRUPTED', 'interrupted'), listen('SIGTERM', 'TERMINATED', 'terminated')]
  return {
    signal: controller.signal,
    dispose: () => {
      for (const stop of stops) stop()
    },
  }
}
