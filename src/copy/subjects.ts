import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { Walk } from './walk.ts'

/** The manifests of an image: the root and all that indexes name below it, each once. They are there already, or were just copied. */
export async function manifestsOf(walk: Walk, root: Descriptor): Promise<Descriptor[]> {
  const found = new Map<Digest, Descriptor>([[root.digest, root]])
  // A map is walked in the order of insertion, and what is added meanwhile has its turn.
  for (const node of found.values()) {
    for (const entry of await walk.entriesOf(node)) if (!found.has(entry.digest)) found.set(entry.digest, entry)
  }
  return [...found.values()]
}
