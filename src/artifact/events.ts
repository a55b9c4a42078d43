import type { Descriptor } from '../model/descriptor.ts'
import type { PushOutcome } from '../store/store.ts'

/** What a push or pull of files says while it works: a part of what a copy says, so that the same progress shows it. */
export type TransferEvent =
  | { type: 'found'; content: Descriptor }
  | { type: 'started'; content: Descriptor; offset: number }
  | { type: 'moved'; content: Descriptor; bytes: number }
  | { type: 'done'; content: Descriptor; outcome: PushOutcome }

export type OnTransferEvent = (event: TransferEvent) => void

/** Files on their way at the same time. */
const atOnce = 4

/** Does the work for each item, a few at a time; after the first failure nothing more is begun, and what runs is waited for. */
export async function forEachInTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  let failed = false
  const lane = async () => {
    for (const item of queue) {
      if (failed) return
      await work(item).catch(error => {
        failed = true
        throw error
      })
    }
  }
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane)
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
}

/** The chunks as they come, each told. */
export async function* telling(
  chunks: AsyncIterable<Buffer>,
  tell: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    tell(chunk.length)
    yield chunk
  }
}
