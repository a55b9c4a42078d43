import type { Readable } from 'node:stream'
import { counting, through } from '../http/lent.ts'
import { limited } from '../http/rate.ts'
import { type Open, openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isNondistributable } from '../model/media-types.ts'
import { readVerified } from '../store/read.ts'
import { fromAnySource } from './any-source.ts'
import type { Route } from './route.ts'

/** Bytes; below that the way to the registry and back takes longer than the blob. */
const smallBlob = 8 * 1024 * 1024

/** Bytes; below that a blob is sent again sooner than asked after. */
const worthRemembering = 1024 * 1024

/** Moves one blob, or mounts it, or finds it there; told as `done`. */
export async function copyBlob(route: Route, node: Descriptor): Promise<void> {
  // A layer that may not be handed on stays with its `urls`; its descriptor travels in the manifest (items 19, 45, T5).
  if (isNondistributable(node.mediaType) && node.urls?.length)
    return route.tell({ type: 'done', content: node, outcome: 'skipped' })
  const open: Open = async (offset = 0) => {
    const body = await openContent(route, node, offset)
    route.tell({ type: 'started', content: node, offset })
    const { rateLimit, signal } = route
    return through(body, chunks =>
      counting(rateLimit ? limited(chunks, rateLimit, signal) : chunks, bytes =>
        route.tell({ type: 'moved', content: node, bytes }),
      ),
    )
  }
  const checkpoint = node.size >= worthRemembering ? route.journal?.checkpoint(node.digest) : undefined
  const limit = node.size < smallBlob ? route.smallLimit : route.limit
  const options = { mountFrom: route.from.location, checkpoint, isNew: route.fresh, signal: route.signal }
  const push = () => route.to.push(node, open, options)
  const outcome = await limit(() => fromAnySource(route.from, node, push, options))
  route.tell({ type: 'done', content: node, outcome })
}

async function openContent({ from, signal }: Route, node: Descriptor, offset: number): Promise<Readable> {
  if (node.data === undefined) return from.fetch(node, { offset, signal })
  return openBytes(await readVerified(from, node, { signal }))(offset)
}
