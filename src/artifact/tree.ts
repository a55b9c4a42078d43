import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, type Digest, encodedOf } from '../model/digest.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { maxDepth, maxNodes } from '../model/graph.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { isIndexType, isManifestType } from '../model/media-types.ts'
import { formatPlatform, isAttestation } from '../model/platform.ts'
import { isTag } from '../model/reference.ts'
import { readManifest } from '../store/read.ts'
import { lookUp } from '../store/resolve.ts'
import type { Options, Source } from '../store/store.ts'
import { type ReferrerSummary, summarize, tooMany } from './list.ts'

/** How a node belongs to the one above it. */
export type Relation = 'root' | 'entry' | 'attestation' | 'referrer' | 'digest-tag'

/** A manifest in the tree, with what belongs to it below. */
export interface TreeNode extends ReferrerSummary {
  relation: Relation
  /** Of an index entry: `linux/arm64/v8`. */
  platform?: string
  /** Of a digest tag: `sha256-….sig`. */
  tag?: string
  /** It stands elsewhere in the tree, with what is below it; so a circle ends (item 65). */
  repeated?: true
  /** There may be more below it than the depth that was asked for. */
  cut?: true
  children: TreeNode[]
}

/** How far down the tree is drawn, and of which types. */
export interface TreeOptions extends Options {
  /** Levels below the root; 8 at most (T13). */
  depth?: number | undefined
  /** Only referrers of this type, at every level. */
  artifactType?: string | undefined
}

interface Found {
  descriptor: Descriptor
  relation: Relation
  tag?: string
}

/**
 * An image with all that belongs to it: the entries of an index, what refers to them, what refers to that, and the tags that cosign
 * names after a digest (`sha256-….sig`, `.att`, `.sbom`).
 * @throws InvalidContentError for more than 10 000 nodes (T13)
 */
export async function artifactTree(source: Source, root: Descriptor, options: TreeOptions = {}): Promise<TreeNode> {
  const depth = Math.min(options.depth ?? maxDepth, maxDepth)
  const tags = await digestTags(source, options)
  const known = new Map<Digest, Promise<Found[]>>()
  const below = ({ descriptor, relation }: Found) => {
    const found = known.get(descriptor.digest) ?? belowOf(source, { descriptor, relation }, { ...options, tags })
    known.set(descriptor.digest, found)
    return found
  }
  const seen = new Set<Digest>()
  let count = 0
  return grow({ descriptor: root, relation: 'root' }, depth)

  async function grow(found: Found, left: number): Promise<TreeNode> {
    if (++count > maxNodes) throw new InvalidContentError(`${root.digest} has more than ${maxNodes} things around it`)
    const node = nodeOf(found)
    if (seen.has(node.digest)) return { ...node, repeated: true }
    seen.add(node.digest)
    if (left === 0) return { ...node, cut: true }
    const next = await below(found)
    // What is asked of siblings is asked side by side; the tree grows in order.
    if (left > 1) await mapInTurns(next, below)
    for (const each of next) node.children.push(await grow(each, left - 1))
    return node
  }
}

function nodeOf({ descriptor, relation, tag }: Found): TreeNode {
  const platform = relation === 'entry' && descriptor.platform && formatPlatform(descriptor.platform)
  return { relation, ...(platform && { platform }), ...(tag && { tag }), ...summarize(descriptor), children: [] }
}

async function belowOf(
  source: Source,
  { descriptor, relation }: Found,
  { tags, artifactType, signal }: TreeOptions & { tags: ReadonlyMap<string, readonly string[]> },
): Promise<Found[]> {
  const found: Found[] = []
  if (isIndexType(descriptor.mediaType) && (relation === 'root' || relation === 'entry')) {
    const index = await readManifest(source, descriptor, { signal })
    const entries = index.kind === 'index' ? index.manifests : []
    for (const entry of entries) {
      if (!isManifestType(entry.mediaType)) continue
      found.push({ descriptor: entry, relation: isAttestation(entry) ? 'attestation' : 'entry' })
    }
  }
  for await (const referrer of source.referrers(descriptor, { artifactType, signal })) {
    if (found.length >= maxNodes) throw tooMany(descriptor)
    found.push({ descriptor: referrer, relation: 'referrer' })
  }
  const named = tags.get(prefixOf(descriptor.digest)) ?? []
  if (found.length + named.length > maxNodes) throw tooMany(descriptor)
  for (const tag of named) {
    const tagged = await lookUp(source, tag, { signal })
    // It may have been removed since the tags were listed.
    if (tagged) found.push({ descriptor: tagged, relation: 'digest-tag', tag })
  }
  return found
}

function prefixOf(digest: Digest): string {
  return `${algorithmOf(digest)}-${encodedOf(digest)}`
}

/** Tags of cosign's form by the digest they speak of: one list instead of three questions a digest. */
async function digestTags(source: Source, { signal }: Options): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  try {
    for await (const tag of source.tags({ signal })) {
      const [, prefix] = /^(sha\d+-[0-9a-f]{64,128})\./.exec(tag) ?? []
      if (prefix === undefined || !isTag(tag)) continue
      const known = found.get(prefix)
      if (known) known.push(tag)
      else found.set(prefix, [tag])
    }
  } catch (error) {
    // A registry that lists no tags, or not to this account, still lists referrers.
    if (!(error instanceof RegctlError) || signal?.aborted || !mayLackTags.has(error.code)) throw error
  }
  return found
}

const mayLackTags: ReadonlySet<string> = new Set(['NOT_FOUND', 'DENIED', 'UNAUTHORIZED', 'UNSUPPORTED'])
