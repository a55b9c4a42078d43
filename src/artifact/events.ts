import type { ReadingEvent } from '../files/reading.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { PushOutcome } from '../store/store.ts'

/** What a push or pull of files says while it works: a part of what a copy says, so that the same progress shows it. */
export type TransferEvent =
  | ReadingEvent
  | { type: 'found'; content: Descriptor }
  | { type: 'started'; content: Descriptor; offset: number }
  | { type: 'moved'; content: Descriptor; bytes: number }
  | { type: 'done'; content: Descriptor; outcome: PushOutcome }

/** Told while files are on their way. */
export type OnTransferEvent = (event: TransferEvent) => void

/** Files on their way at the same time. */
export const filesAtOnce = 4
