import type { ReadingEvent } from '../files/reading.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { PushOutcome } from '../store/store.ts'

/** What a copy says while it works; bytes are of the content, not of the wire. */
export type CopyEvent =
  | ReadingEvent
  /** Content that this copy has to account for: the total grows by its size. */
  | { type: 'found'; content: Descriptor }
  /** Bytes begin to move, from `offset` on where an earlier attempt had got. */
  | { type: 'started'; content: Descriptor; offset: number }
  /** `bytes` more have moved. */
  | { type: 'moved'; content: Descriptor; bytes: number }
  /** Settled: `skipped` when the destination had it as part of something that was there already. */
  | { type: 'done'; content: Descriptor; outcome: PushOutcome | 'skipped' }
  /** Of several images in one run so many are done. */
  | { type: 'images'; done: number; total: number }
  /** So many tags of a repository are looked up, before it is known what is to be done. */
  | { type: 'tags'; count: number }
  /** Nothing moves until then, and why: `registry.example says 429`. */
  | { type: 'waiting'; seconds: number; reason: string }
  /** A request is sent again, as its second or a later attempt. */
  | { type: 'retrying'; attempt: number; reason: string }

/** Told what a copy does, as it does it. */
export type OnCopyEvent = (event: CopyEvent) => void
