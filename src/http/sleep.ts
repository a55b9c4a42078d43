import { setTimeout as delay } from 'node:timers/promises'

/** Waits so many milliseconds; rejects at once with the signal's reason when aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal | undefined) => Promise<void>

export const sleep: Sleep = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, signal ? { signal } : {}).catch(error => {
    throw signal?.aborted ? signal.reason : error
  })
}
