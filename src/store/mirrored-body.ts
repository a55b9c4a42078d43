import type { Readable } from 'node:stream'
import { lend } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { MismatchError, RegctlError } from '../model/errors.ts'
import type { Mirror } from './mirrors.ts'

/** When a mirror's body is given up; only time spent waiting for the mirror counts, not that of whoever reads. */
export interface Pace {
  /** Milliseconds of waiting that are looked at together; 10 000 when absent. */
  window: number
  /** Bytes a second; 8 KiB when absent. */
  least: number
  /** Milliseconds of a steady clock. */
  now: () => number
}

/** A body and where it is from; without a mirror, from the registry itself. */
export interface Opened {
  mirror: Mirror | undefined
  body: Readable
}

export interface Reading {
  target: Partial<Pick<Descriptor, 'size'>>
  /** Of the first byte. */
  offset: number
  first: Opened
  /** The next source that has the content, from a byte on. */
  open: (from: number) => Promise<Opened>
  pace: Partial<Pace> | undefined
  onBytes: (mirror: Mirror | undefined, count: number) => void
  onEnd: () => void
  /** @throws what no other source can help against */
  onFailure: (mirror: Mirror, error: unknown) => void
}

/** Bytes: what ends well before is a page for people or an empty file sooner than the beginning of the right content, and is not built upon. */
const worthGoingOn = 1024 * 1024

/** The chunks of content, lent; where a mirror breaks off, the next source goes on from that byte, under the reader's one running hash. */
export function bodyFrom(reading: Reading): {
  chunks: AsyncGenerator<Buffer, void, undefined>
  close: (error: Error | undefined) => void
} {
  let opened = reading.first
  return { chunks: chunks(), close: error => opened.body.destroy(error) }

  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    for (let position = reading.offset; ; ) {
      const { mirror } = opened
      try {
        const body = lend(opened.body)
        for await (const chunk of mirror ? impatient(body, mirror, reading.pace) : body) {
          position += chunk.length
          reading.onBytes(mirror, chunk.length)
          yield chunk
        }
        if (!mirror || position >= (reading.target.size ?? 0)) return reading.onEnd()
        if (position < worthGoingOn) break
        throw new RegctlError('UNREACHABLE', `it ended ${position} bytes into ${reading.target.size}`)
      } catch (error) {
        if (!mirror) throw error
        reading.onFailure(mirror, error)
      }
      opened.body.destroy()
      opened = await reading.open(position)
    }
    throw new MismatchError(`it ended after less than the ${reading.target.size} bytes that were to come`)
  }
}

async function* impatient(
  chunks: AsyncIterable<Buffer>,
  { name }: Mirror,
  { window = 10_000, least = 8 * 1024, now = () => performance.now() }: Partial<Pace> = {},
): AsyncGenerator<Buffer, void, undefined> {
  let [waited, bytes, since] = [0, 0, now()]
  for await (const chunk of chunks) {
    waited += now() - since
    bytes += chunk.length
    if (waited >= window) {
      if (bytes / (waited / 1000) < least)
        throw new RegctlError('STALLED', `${name} gave ${bytes} bytes in ${Math.round(waited / 1000)} s`)
      waited = 0
      bytes = 0
    }
    yield chunk
    since = now()
  }
}
