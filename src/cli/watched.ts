import type { OnCopyEvent } from '../copy/events.ts'
import { counting, through } from '../http/lent.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'

/** Opens content and tells of its bytes on their way, as a copy does. */
export function watched(open: Open, content: Descriptor, tell: OnCopyEvent): Open {
  return async (offset = 0) => {
    const body = await open(offset)
    tell({ type: 'started', content, offset })
    return through(body, chunks => counting(chunks, bytes => tell({ type: 'moved', content, bytes })))
  }
}
