import type { Readable } from 'node:stream'

/** Opens content from a byte onwards. Calling it again starts again: all that retry and resume need. */
export type Open = (offset?: number) => Promise<Readable>
