import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { childrenOf } from '../model/graph.ts'
import { isManifestType } from '../model/media-types.ts'
import { type Entry, nameOf, withoutDigest, withoutTag } from './layout-index.ts'
import { readManifest } from './read.ts'
import type { Options, Source } from './store.ts'

/** What is to be different in an archive that is there. */
export interface Changes {
  untagged: ReadonlySet<string>
  deleted: ReadonlySet<Digest>
}

/** The entries of an archive with those that were pushed since; a name that moved leaves what it named without one. */
export function mergeEntries(base: readonly Entry[], pushed: readonly Entry[], changes: Changes): readonly Entry[] {
  let entries = base
  for (const digest of changes.deleted) entries = withoutDigest(entries, digest)
  for (const name of [...changes.untagged, ...namesIn(pushed)]) entries = withoutTag(entries, name)
  const named = new Set(pushed.map(entry => entry.descriptor.digest))
  const kept = entries.filter(entry => nameOf(entry) !== undefined || !named.has(entry.descriptor.digest))
  const listed = new Set(kept.map(entry => entry.descriptor.digest))
  return [...kept, ...pushed.filter(entry => nameOf(entry) !== undefined || !listed.has(entry.descriptor.digest))]
}

/** As {@link mergeEntries} for the file that is written: what lost its only name to another image is left out, and the order is always the same. */
export function finalEntries(base: readonly Entry[], pushed: readonly Entry[], changes: Changes): readonly Entry[] {
  const moved = new Set(namesIn(pushed))
  const losers = new Set(base.filter(entry => moved.has(nameOf(entry) ?? '')).map(entry => entry.descriptor.digest))
  const lists = (entries: readonly Entry[], { descriptor }: Entry) =>
    entries.some(entry => entry.descriptor.digest === descriptor.digest && nameOf(entry) === undefined)
  return mergeEntries(base, pushed, changes)
    .filter(
      entry =>
        nameOf(entry) !== undefined ||
        !losers.has(entry.descriptor.digest) ||
        lists(base, entry) ||
        lists(pushed, entry),
    )
    .toSorted(
      (one, other) => compare(nameOf(one) ?? '', nameOf(other) ?? '') || compare(digestOf(one), digestOf(other)),
    )
}

/** All that these manifests reach, themselves included; `undefined` when one of them cannot be read, and nobody knows. */
export async function reachedFrom(
  source: Source,
  roots: readonly Descriptor[],
  options: Options = {},
): Promise<ReadonlySet<Digest> | undefined> {
  const reached = new Set<Digest>()
  const queue = [...roots]
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (reached.has(next.digest)) continue
    reached.add(next.digest)
    if (!isManifestType(next.mediaType)) continue
    try {
      queue.push(...childrenOf(await readManifest(source, next, options)))
    } catch (error) {
      if (error instanceof RegctlError) return undefined
      throw error
    }
  }
  return reached
}

function namesIn(entries: readonly Entry[]): string[] {
  return entries.map(nameOf).filter(name => name !== undefined)
}

function digestOf({ descriptor }: Entry): Digest {
  return descriptor.digest
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
