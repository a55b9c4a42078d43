import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, encodedOf } from '../model/digest.ts'
import { isTag } from '../model/reference.ts'
import { readManifest } from '../store/read.ts'
import { lookUp } from '../store/resolve.ts'
import type { Companions } from './referrers.ts'
import { pageSize, tagsUpTo } from './tag-list.ts'
import type { Walk } from './walk.ts'

/** What cosign keeps under tags of its own: signatures, attestations, SBOMs (item 64). */
const suffixes = ['sig', 'att', 'sbom']

export interface DigestTagOptions {
  /** Leave a tag that names something else at the destination. */
  noClobber?: boolean | undefined
  /** The tags of the source where they are known; it is asked for them otherwise. */
  tags?: ReadonlySet<string> | undefined
}

/**
 * Copies the tags named after these manifests, each with all it names. The source's list of tags is read as long as that costs no more
 * requests than to ask for each name; then each name is asked for.
 */
export async function copyDigestTags(
  walk: Walk,
  manifests: readonly Descriptor[],
  { noClobber = false, tags }: DigestTagOptions = {},
): Promise<Companions> {
  const { route } = walk
  const counts: Companions = { copied: 0, skipped: 0 }
  const names = manifests.flatMap(digestTags)
  const listed = tags ?? (await route.limit(() => tagsUpTo(route.from, names.length * pageSize, route)))
  await Promise.all(names.filter(name => listed?.has(name) ?? true).map(copyTag))
  return counts

  async function copyTag(tag: string): Promise<void> {
    const [root, existing] = await Promise.all([
      route.limit(() => lookUp(route.from, tag, route)),
      route.fresh ? undefined : route.limit(() => lookUp(route.to, tag, route)),
    ])
    if (!root) return
    route.tell({ type: 'found', content: root })
    if (existing && (noClobber || (existing.digest === root.digest && !route.force))) {
      route.tell({ type: 'done', content: root, outcome: 'skipped' })
      counts.skipped++
      return
    }
    const read = () => readManifest(route.from, root, route)
    await walk.copyRoot({ descriptor: root, read }, tag)
    counts.copied++
  }
}

function digestTags({ digest }: Descriptor): string[] {
  return suffixes.map(suffix => `${algorithmOf(digest)}-${encodedOf(digest)}.${suffix}`).filter(isTag)
}
