import { type Open, openBytes } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { readVerified } from '../store/read.ts'
import { lookUp, resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'

/** What became of one tag. */
export interface TagOutcome {
  tag: string
  /** `moved`: it named something else before; `unchanged`: it named this image already, and nothing was sent. */
  outcome: 'new' | 'moved' | 'unchanged'
  /** What it named before, where it was moved. */
  before?: Digest
}

/** The image, and what became of each tag. */
export interface Retagged {
  digest: Digest
  mediaType: string
  /** Bytes of the manifest. */
  size: number
  tags: TagOutcome[]
}

/**
 * Gives an image more names in its own repository, without moving a blob: the manifest's exact bytes are read once and put under each
 * tag (item 52); tags that name it already cost one HEAD. @throws NotFoundError when the image is not there
 */
export async function retag(
  place: Place<Store>,
  tags: readonly string[],
  { jobs, signal }: Options & { jobs?: number | undefined } = {},
): Promise<Retagged> {
  const options = { signal }
  const root = await resolvePlace(place, options)
  const outcomes = await mapInTurns([...new Set(tags)], tag => look(place.store, { tag, root }, options), jobs)
  const wanted = outcomes.filter(({ outcome }) => outcome !== 'unchanged').map(({ tag }) => tag)
  if (wanted.length > 0) {
    const bytes = await readVerified(place.store, root, options)
    await setTags(place.store, root, {
      open: openBytes(bytes),
      tags: wanted,
      signal,
    })
  }
  return { digest: root.digest, mediaType: root.mediaType, size: root.size, tags: outcomes }
}

async function look(
  store: Store,
  { tag, root }: { tag: string; root: Descriptor },
  options: Options,
): Promise<TagOutcome> {
  const before = (await lookUp(store, tag, options))?.digest
  if (before === undefined) return { tag, outcome: 'new' }
  return before === root.digest ? { tag, outcome: 'unchanged' } : { tag, outcome: 'moved', before }
}

async function setTags(
  store: Store,
  root: Descriptor,
  { open, tags, signal }: Options & { open: Open; tags: readonly string[] },
): Promise<void> {
  if (store.tagAll) return store.tagAll(root, open, { tags, signal })
  for (const tag of tags) await store.push(root, open, { tag, signal })
}
