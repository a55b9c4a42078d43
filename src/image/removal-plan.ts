import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { type ErrorCode, isNotFound, RegctlError } from '../model/errors.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { isIndexType } from '../model/media-types.ts'
import { isReferrersTag } from '../model/reference.ts'
import { isWanted } from '../model/tags.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { type Naming, type NamingOptions, resolveTags } from './naming.ts'

/** A manifest, and all that goes with it when it is removed. */
export interface Doomed {
  digest: Digest
  mediaType: string
  /** Bytes of the manifest. */
  size: number
  /** Every tag that names it: they vanish with it (T28). */
  tags: string[]
  /** Tags of indexes that list it and would lack it (item 73); for a single manifest those of a few indexes are looked at. */
  partOf: string[]
}

/** What a removal takes along, before anything is removed. */
export interface RemovalPlan {
  manifests: Doomed[]
  /** Of a pattern: manifests that stay, because tags outside the pattern need them. */
  kept: (Doomed & { because: string[] })[]
  /** Tags that could not be looked up: they may name what is removed. */
  unread: Naming[]
}

/** Manifests of indexes that are read to tell what a single one belongs to: each may be a pull that counts. */
const mostIndexes = 16

/** What goes with one manifest. @throws RegctlError when the tags of the repository cannot be listed */
export async function planRemoval(
  source: Source,
  target: Descriptor,
  options: NamingOptions = {},
): Promise<RemovalPlan> {
  const { named, unread } = await survey(source, source.tags(options), options).catch((error): Survey => {
    // A repository may hold manifests and not one tag, which some registries call missing.
    if (isNotFound(error)) return { named: new Map(), unread: [] }
    throw error
  })
  const { digest, mediaType, size } = target
  const doomed = { digest, mediaType, size, tags: named.get(digest)?.tags ?? [], partOf: [] }
  return { manifests: await withParents(source, [doomed], { named, ...options }), kept: [], unread }
}

/**
 * What goes with the tags of a pattern. A manifest that a tag outside the pattern names too, or that belongs to a tagged index which
 * stays, is kept: a pattern removes nothing that it does not name (T28). A tag outside that could not be looked up may name any of them.
 * @throws RegctlError USAGE for a pattern that is none; what an index could not be read for
 */
export async function planPattern(
  source: Source,
  { filter, exclude = [] }: { filter: readonly string[]; exclude?: readonly string[] | undefined },
  options: NamingOptions = {},
): Promise<RemovalPlan> {
  const wanted = isWanted({ filter, exclude, hasImageNames: source.hasImageNames })
  const all: string[] = []
  for await (const tag of source.tags(options)) all.push(tag)
  // What nothing matches need not be known.
  const { named, unread } = await survey(source, all.some(wanted) ? all : [], options)
  const touched = [...named.values()].filter(({ tags }) => tags.some(wanted))
  const found = touched.length > 0 ? await withParents(source, touched, { named, isStrict: true, ...options }) : []
  const unknown = unread.map(({ tag }) => tag).filter(tag => !wanted(tag))
  const doomed = doomedTags(found, wanted)
  const judged = found.map(each => ({
    ...each,
    because: [...each.tags.filter(tag => !wanted(tag)), ...each.partOf.filter(tag => !doomed.has(tag)), ...unknown],
  }))
  return {
    manifests: judged.filter(({ because }) => because.length === 0).map(({ because: _, ...doomed }) => doomed),
    kept: judged.filter(({ because }) => because.length > 0),
    unread,
  }
}

/** Tags of manifests that nothing outside the pattern needs; what such a manifest lists is needed as long as it stays itself. */
function doomedTags(found: readonly Doomed[], wanted: (tag: string) => boolean): Set<string> {
  let doomed = found.filter(({ tags }) => tags.every(wanted))
  for (;;) {
    const tags = new Set(doomed.flatMap(each => each.tags))
    const left = doomed.filter(({ partOf }) => partOf.every(tag => tags.has(tag)))
    if (left.length === doomed.length) return tags
    doomed = left
  }
}

interface Survey {
  named: ReadonlyMap<Digest, Doomed>
  unread: Naming[]
}

/** Every tag of the repository, by what it names. */
async function survey(
  source: Source,
  tags: AsyncIterable<string> | readonly string[],
  options: NamingOptions,
): Promise<Survey> {
  const named = new Map<Digest, Doomed>()
  const unread: Naming[] = []
  for await (const naming of resolveTags(source, tags, options)) {
    if (!naming.names) {
      unread.push(naming)
      continue
    }
    const { digest, mediaType, size } = naming.names
    const entry = named.get(digest) ?? { digest, mediaType, size, tags: [], partOf: [] }
    named.set(digest, entry)
    entry.tags.push(naming.tag)
  }
  return { named, unread }
}

async function withParents(
  source: Source,
  manifests: readonly Doomed[],
  { named, isStrict = false, signal }: Options & Pick<Survey, 'named'> & { isStrict?: boolean },
): Promise<Doomed[]> {
  // A list of referrers lacks nothing: the entry of a manifest goes with it (item 68).
  const indexes = [...named.values()].filter(
    ({ mediaType, tags }) => isIndexType(mediaType) && !tags.every(isReferrersTag),
  )
  if (!isStrict && indexes.length > mostIndexes) return [...manifests]
  const parents = await mapInTurns(indexes, async index => ({
    digest: index.digest,
    tags: index.tags,
    children: await childrenOf(source, index, { isStrict, signal }),
  }))
  return manifests.map(doomed => ({
    ...doomed,
    partOf: parents
      .filter(({ digest, children }) => digest !== doomed.digest && children.has(doomed.digest))
      .flatMap(({ tags }) => tags),
  }))
}

/** None for an index that nobody can pull anyway; unless `isStrict`, for one that could not be read at all. */
async function childrenOf(
  source: Source,
  index: Descriptor,
  { isStrict, signal }: Options & { isStrict: boolean },
): Promise<Set<Digest>> {
  try {
    const manifest = await readManifest(source, index, { signal })
    return new Set(manifest.kind === 'index' ? manifest.manifests.map(({ digest }) => digest) : [])
  } catch (error) {
    if (!(error instanceof RegctlError) || signal?.aborted || (isStrict && !broken.has(error.code))) throw error
    return new Set()
  }
}

/** The content is not there, or is none. */
const broken: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'CONTENT_INVALID', 'CONTENT_MISMATCH'])
