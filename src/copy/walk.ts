import { setMaxListeners } from 'node:events'
import { openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { childrenOf, maxDepth, maxNodes } from '../model/graph.ts'
import type { Manifest } from '../model/manifest.ts'
import { isIndexType, isManifestType } from '../model/media-types.ts'
import { readManifest } from '../store/read.ts'
import { copyBlob } from './blob.ts'
import { withFormatHint } from './refusal.ts'
import type { Route } from './route.ts'

/** Something to copy by name: what it is, and its manifest when asked for. */
export interface Root {
  descriptor: Descriptor
  read(): Promise<Manifest>
}

/** One walk over what belongs to an image: every digest once, children before parents side by side. */
export interface Walk {
  readonly route: Route
  /** A root and all below it; the root last and its tag with it. */
  copyRoot(root: Root, tag: string | undefined): Promise<void>
  /** A manifest that is not there yet, and all below it; what it is must be right before anything moves. */
  copyManifest(node: Descriptor, depth: number, check: (manifest: Manifest) => void): Promise<void>
  /** The manifests an index names; none for an image. */
  entriesOf(node: Descriptor): Promise<readonly Descriptor[]>
}

/** Walks: the first failure stops the rest; nothing is under way any more when it is told, and nothing is named before it is whole. */
export async function walking<T>(outer: Route, work: (walk: Walk) => Promise<T>): Promise<T> {
  const failure = new AbortController()
  const signal = outer.signal ? AbortSignal.any([outer.signal, failure.signal]) : failure.signal
  // Every transfer listens to it, and there may be thousands.
  setMaxListeners(0, signal)
  const visited = new Map<Digest, Promise<void>>()
  try {
    return await work(createWalk({ ...outer, signal }, visited, signal))
  } catch (error) {
    failure.abort(error)
    await Promise.allSettled(visited.values())
    throw error
  }
}

function createWalk(route: Route, visited: Map<Digest, Promise<void>>, signal: AbortSignal): Walk {
  /** Of the indexes that were read. */
  const entries = new Map<Digest, readonly Descriptor[]>()
  return {
    route,
    copyRoot,
    copyManifest: (node, depth, check) =>
      settle(node, async () => {
        const manifest = await read(node)
        check(manifest)
        await copyBelow(node, { depth, present: false, manifest })
      }),
    entriesOf: async node => {
      if (!isIndexType(node.mediaType)) return []
      // An index that was there was not read; the destination bills no pulls.
      if (!entries.has(node.digest)) note(node, await route.limit(() => readManifest(route.to, node, { signal })))
      return entries.get(node.digest) ?? []
    },
  }

  async function copyRoot({ descriptor, read }: Root, tag: string | undefined): Promise<void> {
    // It is read in any case, for its tag: both sides are asked at once.
    const [present, manifest] = await both(isPresent(descriptor), route.limit(read))
    if (present && tag === undefined) {
      note(descriptor, manifest)
      return route.tell({ type: 'done', content: descriptor, outcome: 'skipped' })
    }
    await copyBelow(descriptor, { depth: 0, tag, present, manifest })
    route.memory?.add(descriptor.digest)
  }

  async function settle(node: Descriptor, work: () => Promise<void>): Promise<void> {
    const known = visited.get(node.digest)
    if (known) return known
    if (visited.size >= maxNodes) throw new InvalidContentError(`${node.digest} is one of more than ${maxNodes} parts`)
    route.tell({ type: 'found', content: node })
    const settled = route.memory ? share(node, work) : work()
    visited.set(node.digest, settled)
    return settled
  }

  async function share(node: Descriptor, work: () => Promise<void>): Promise<void> {
    if ((await route.memory?.once(node.digest, work, signal)) === 'shared')
      route.tell({ type: 'done', content: node, outcome: 'skipped' })
  }

  function visit(node: Descriptor, depth: number): Promise<void> {
    return settle(node, () => (isManifestType(node.mediaType) ? copyChild(node, depth) : copyBlob(route, node)))
  }

  async function copyChild(node: Descriptor, depth: number): Promise<void> {
    if (depth > maxDepth) throw new InvalidContentError(`${node.digest} is nested more than ${maxDepth} levels deep`)
    // A child is a pull that may cost (PROTOCOL 3.1), or is new anyway.
    if (!route.fresh && (await isPresent(node))) return route.tell({ type: 'done', content: node, outcome: 'skipped' })
    await copyBelow(node, { depth, present: false, manifest: await read(node) })
  }

  async function copyBelow(
    node: Descriptor,
    {
      depth,
      tag,
      present,
      manifest,
    }: { depth: number; tag?: string | undefined; present: boolean; manifest: Manifest },
  ): Promise<void> {
    note(node, manifest)
    route.to.admit?.(manifest)
    if (!present) {
      const children = childrenOf(manifest)
      route.onChildren?.(node, children)
      route.foresee(children.filter(({ mediaType }) => isManifestType(mediaType)).length)
      await Promise.all(children.map(child => visit(child, depth + 1)))
    }
    const open = openBytes(manifest.bytes)
    const outcome = await route
      .limit(() => route.to.push(node, open, { tag, signal }))
      .catch(error => {
        throw withFormatHint(error, node)
      })
    // A name was set, whatever it stands for.
    route.tell({ type: 'done', content: node, outcome: tag === undefined ? outcome : 'pushed' })
  }

  async function isPresent(node: Descriptor): Promise<boolean> {
    if (route.force) return false
    return route.memory?.has(node.digest) || (await route.limit(() => route.to.stat(node, { signal }))) !== undefined
  }

  function read(node: Descriptor): Promise<Manifest> {
    return route.limit(() => readManifest(route.from, node, { signal }))
  }

  function note(node: Descriptor, manifest: Manifest): void {
    if (manifest.kind !== 'index') return
    entries.set(
      node.digest,
      manifest.manifests.filter(({ mediaType }) => isManifestType(mediaType)),
    )
  }
}

/** Waits for both, also when one fails: nothing of a failed copy is still under way. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}
