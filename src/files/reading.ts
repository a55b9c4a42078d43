/** So many of the `size` bytes of a file here have been read, for its digest is to be known before it is sent. */
export interface ReadingEvent {
  type: 'reading'
  name: string
  bytes: number
  size: number
}

/** What a read failed of, with the file that Node names only where it could not be opened. */
export function ofFile(path: string, error: unknown): unknown {
  return error instanceof Error && 'code' in error && !('path' in error) ? Object.assign(error, { path }) : error
}

/** Bytes between two events. */
const step = 8 * 1024 * 1024

/** Takes the size of each chunk, and tells how far a file has been read: at its first chunk, and at every 8 MiB. */
export function tellReading(
  tell: (event: ReadingEvent) => void,
  { name, size }: { name: string; size: number },
): (bytes: number) => void {
  let bytes = 0
  let next = 0
  return chunk => {
    bytes += chunk
    if (bytes < next) return
    next = bytes + step
    tell({ type: 'reading', name, bytes, size })
  }
}
