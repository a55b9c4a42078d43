import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { InvalidContentError, isNotFound, type RegctlError } from '../model/errors.ts'
import { maxDepth, maxNodes } from '../model/graph.ts'
import type { Options, Source } from '../store/store.ts'
import type { Walk } from './walk.ts'

/** How many came along, and how many were there. */
export interface Companions {
  copied: number
  skipped: number
}

/** What is told of a list's entry that turns out to be no referrer. */
class LeftBehind extends Error {}

/**
 * Copies what refers to these manifests, and what refers to that (items 61 to 65): a referrer after its subject, each once, so that a
 * circle ends. One list at the source for each manifest, and one at the destination where the source's is not empty.
 * @throws InvalidContentError for a chain or a number of referrers that no image has (T13)
 */
export async function copyReferrers(
  walk: Walk,
  subjects: readonly Descriptor[],
  artifactTypes: readonly string[] = [],
): Promise<Companions> {
  const { route } = walk
  const counts: Companions = { copied: 0, skipped: 0 }
  const seen = new Set<Digest>(subjects.map(({ digest }) => digest))
  await Promise.all(subjects.map(subject => copyBelow(subject, 1)))
  return counts

  async function copyBelow(subject: Descriptor, depth: number): Promise<void> {
    const listed = await route.limit(() => list(route.from, subject, route))
    const found = listed.filter(isWanted)
    if (found.length === 0) return
    if (depth > maxDepth) throw new InvalidContentError(`${subject.digest} ends a chain of ${maxDepth} referrers`)
    // A destination may hold a referrer and not list it, after a copy that was cut in between: its own list tells (item 50).
    const there = route.fresh ? [] : await route.limit(() => list(route.to, subject, route))
    const present = new Set(route.force ? [] : there.map(({ digest }) => digest))
    await Promise.all(
      found.map(async referrer => {
        if (seen.has(referrer.digest)) return
        if (seen.size >= maxNodes) throw tooMany(subject)
        seen.add(referrer.digest)
        if (await copyOne(referrer, { subject, depth, isPresent: present.has(referrer.digest) }))
          await copyBelow(referrer, depth + 1)
      }),
    )
  }

  async function copyOne(
    referrer: Descriptor,
    { subject, depth, isPresent }: { subject: Descriptor; depth: number; isPresent: boolean },
  ): Promise<boolean> {
    if (isPresent) {
      route.tell({ type: 'found', content: referrer })
      route.tell({ type: 'done', content: referrer, outcome: 'skipped' })
      counts.skipped++
      return true
    }
    try {
      await walk.copyManifest(referrer, depth, manifest => {
        if (manifest.subject?.digest !== subject.digest) throw new LeftBehind('it names another subject')
      })
      counts.copied++
      return true
    } catch (error) {
      // The list of the tag schema is anybody's to write: an entry may be stale, or no referrer at all.
      if (!(error instanceof LeftBehind) && !(isNotFound(error) && error.message.includes(referrer.digest))) throw error
      route.tell({ type: 'done', content: referrer, outcome: 'skipped' })
      route.notify?.({
        code: 'REFERRER_LEFT',
        message: `${referrer.digest}, listed as a referrer of ${subject.digest} in ${route.from.location}, is left behind: ${isNotFound(error) ? 'it is not there' : error.message}`,
      })
      return false
    }
  }

  function isWanted({ artifactType }: Descriptor): boolean {
    return artifactTypes.length === 0 || (artifactType !== undefined && artifactTypes.includes(artifactType))
  }
}

async function list(source: Source, subject: Descriptor, { signal }: Options): Promise<Descriptor[]> {
  const found: Descriptor[] = []
  try {
    for await (const referrer of source.referrers(subject, { signal })) {
      if (found.length >= maxNodes) throw tooMany(subject)
      found.push(referrer)
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return found
}

function tooMany({ digest }: Descriptor): RegctlError {
  return new InvalidContentError(`${digest} has more than ${maxNodes} referrers`)
}
