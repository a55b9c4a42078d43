import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { BodyFault } from './faults.ts'

export interface CarryOptions {
  fault: BodyFault | undefined
  /** Told of bytes as they pass. */
  count: (bytes: number) => void
  /** One of the two sides has gone. */
  gone: Promise<void>
}

/** Resolves when a stream is over, however it ended. */
export function closed(stream: Readable | Writable): Promise<void> {
  return new Promise(resolve => stream.on('error', () => {}).once('close', resolve))
}

/**
 * Passes a body on, piece by piece and no faster than it is taken, and does to it what the fault says.
 * `cut`: it is not whole, and the connections are to be closed. @throws what the reading side fails with
 */
export async function carry(from: Readable, to: Writable, options: CarryOptions): Promise<'whole' | 'cut'> {
  const { fault = {}, count, gone } = options
  const { after = 0, harm, bytesPerSecond } = fault
  let passed = 0
  let pending = harm
  let over = false
  gone.then(() => {
    over = true
  })
  const happen = async (): Promise<'cut' | undefined> => {
    const what = pending
    pending = undefined
    if (what === 'stall')
      await Promise.race([fault.milliseconds === undefined ? gone : delay(fault.milliseconds), gone])
    return what === 'cut' ? what : undefined
  }
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (const piece of pieces(chunk, pending ? after - passed : chunk.length)) {
      const flips = pending === 'flip' && passed === after
      if (pending && passed === after && (await happen())) return 'cut'
      if (over) return 'cut'
      count(piece.length)
      await Promise.race([write(to, flips ? flipped(piece) : piece), gone])
      passed += piece.length
      if (bytesPerSecond) await Promise.race([delay((piece.length / bytesPerSecond) * 1000), gone])
    }
    // Right behind its last byte, before the answer to a body that was whole.
    if (pending && passed === after && pending !== 'flip' && (await happen())) return 'cut'
  }
  return pending === 'cut' && passed >= after ? 'cut' : 'whole'
}

/** Split where the fault is. */
function pieces(chunk: Buffer, at: number): Buffer[] {
  return at > 0 && at < chunk.length ? [chunk.subarray(0, at), chunk.subarray(at)] : [chunk]
}

function flipped(piece: Buffer): Buffer {
  const wrong = Buffer.from(piece)
  wrong[0] = (wrong[0] ?? 0) ^ 1
  return wrong
}

/** Resolves also when the write failed: whoever has gone is known otherwise. */
function write(to: Writable, piece: Buffer): Promise<void> {
  return new Promise(resolve => to.write(piece, () => resolve()))
}
