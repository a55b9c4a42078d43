import { setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import { through } from '../http/lent.ts'
import { limited, type RateLimit } from '../http/rate.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { childrenOf, maxDepth, maxNodes } from '../model/graph.ts'
import { type Manifest, parseManifest } from '../model/manifest.ts'
import { isManifestType, isNondistributable } from '../model/media-types.ts'
import { readManifest, readVerified } from '../store/read.ts'
import type { Source, Store } from '../store/store.ts'
import type { OnCopyEvent } from './events.ts'
import type { Foresee } from './foresee.ts'
import type { Journal } from './journal.ts'
import type { Limit } from './limit.ts'
import type { Selection } from './select.ts'

/** From where to where, and how. */
export interface Route {
  from: Source
  to: Store
  limit: Limit
  /** For blobs that are over in a round trip or two: more of them at once. */
  smallLimit: Limit
  tell: OnCopyEvent
  signal?: AbortSignal | undefined
  /** Do not take a manifest that is there as a sign that everything below it is. */
  force: boolean
  /** The destination knows neither the name nor an earlier attempt: what is below the root is most likely not there, and is not asked after. */
  fresh: boolean
  rateLimit?: RateLimit | undefined
  foresee: Foresee
  journal?: Journal | undefined
}

/**
 * Copies a root and all below it: every digest once, children before parents side by side, the root last and its tag with it.
 * The first failure stops the rest; nothing is named before it is whole.
 */
export async function copyGraph(outer: Route, { root, bytes }: Selection, tag: string | undefined): Promise<void> {
  const failure = new AbortController()
  const signal = outer.signal ? AbortSignal.any([outer.signal, failure.signal]) : failure.signal
  // Every transfer listens to it, and there may be thousands.
  setMaxListeners(0, signal)
  const route = { ...outer, signal }
  const visited = new Map<Digest, Promise<void>>()
  try {
    await copyManifest(root, { depth: 0, tag, bytes })
  } catch (error) {
    // What runs beside the failure is stopped, and waited for: nothing is under way any more when the failure is told.
    failure.abort(error)
    await Promise.allSettled(visited.values())
    throw error
  }

  async function visit(node: Descriptor, depth: number): Promise<void> {
    const known = visited.get(node.digest)
    if (known) return known
    if (visited.size >= maxNodes) throw new InvalidContentError(`${root.digest} has more than ${maxNodes} parts`)
    route.tell({ type: 'found', content: node })
    const copied = isManifestType(node.mediaType) ? copyManifest(node, { depth }) : copyBlob(route, node)
    visited.set(node.digest, copied)
    return copied
  }

  async function copyManifest(
    node: Descriptor,
    { depth, tag, bytes }: { depth: number; tag?: string; bytes?: Uint8Array },
  ): Promise<void> {
    if (depth > maxDepth) throw new InvalidContentError(`${root.digest} is nested more than ${maxDepth} levels deep`)
    const isPresent = async () => !route.force && (await route.limit(() => route.to.stat(node, route))) !== undefined
    const read = async (): Promise<Manifest> =>
      bytes ? parseManifest(bytes, node.mediaType) : route.limit(() => readManifest(route.from, node, route))
    // A root is read in any case, for its tag: both sides are asked at once. A child is a pull that may cost (PROTOCOL 3.1), or is new anyway.
    const [present, manifest] =
      depth === 0 ? await both(isPresent(), read()) : [!route.fresh && (await isPresent()), undefined]
    if (present && tag === undefined) return route.tell({ type: 'done', content: node, outcome: 'skipped' })
    await copyBelow(node, { depth, tag, present, manifest: manifest ?? (await read()) })
  }

  async function copyBelow(
    node: Descriptor,
    { depth, tag, present, manifest }: { depth: number; tag: string | undefined; present: boolean; manifest: Manifest },
  ): Promise<void> {
    if (!present) {
      const children = childrenOf(manifest)
      route.foresee(children.filter(({ mediaType }) => isManifestType(mediaType)).length)
      await Promise.all(children.map(child => visit(child, depth + 1)))
    }
    const open: Open = async (offset = 0) => Readable.from([manifest.bytes.subarray(offset)])
    const outcome = await route.limit(() => route.to.push(node, open, { tag, signal: route.signal }))
    route.tell({ type: 'done', content: node, outcome })
  }
}

/** Bytes; below that the way to the registry and back takes longer than the blob. */
const smallBlob = 1024 * 1024

/** Bytes; below that a blob is sent again sooner than asked after. */
const worthRemembering = 1024 * 1024

async function copyBlob(route: Route, node: Descriptor): Promise<void> {
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
  const outcome = await limit(() =>
    route.to.push(node, open, { mountFrom: route.from.location, checkpoint, isNew: route.fresh, signal: route.signal }),
  )
  route.tell({ type: 'done', content: node, outcome })
}

/** Waits for both, also when one fails: nothing of a failed copy is still under way. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}

async function openContent({ from, signal }: Route, node: Descriptor, offset: number): Promise<Readable> {
  if (node.data === undefined) return from.fetch(node, { offset, signal })
  return Readable.from([(await readVerified(from, node, { signal })).subarray(offset)])
}

async function* counting(
  chunks: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    count(chunk.length)
    yield chunk
  }
}
