import { Readable } from 'node:stream'

/** Opens content from a byte onwards. Calling it again starts again: all that retry and resume need. */
export type Open = (offset?: number) => Promise<Readable>

/** Opens content that is in memory; it is not copied. */
export function openBytes({ buffer, byteOffset, byteLength }: Uint8Array): Open {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return async (offset = 0) => Readable.from([bytes.subarray(offset)])
}
