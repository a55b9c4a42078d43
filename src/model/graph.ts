import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { InvalidContentError } from './errors.ts'
import type { Manifest } from './manifest.ts'

/** Manifests below manifests. Real images need two or three levels; a chain beyond this is an attack or a mistake (T13). */
export const maxDepth = 8

/** Contents one walk may visit, each digest counted once: the largest real indexes reach a few hundred (T13). */
export const maxNodes = 10_000

/**
 * What must be there before this manifest: config, layers, entries, in this order and each digest once; the first descriptor of a
 * digest wins. The subject is no child (item 85).
 * @throws InvalidContentError when one digest is listed with two sizes, of which one is a lie (T11).
 */
export function childrenOf(manifest: Manifest): Descriptor[] {
  const children = new Map<Digest, Descriptor>()
  for (const child of listed(manifest)) {
    const first = children.get(child.digest)
    if (first === undefined) children.set(child.digest, child)
    else if (first.size !== child.size) {
      throw new InvalidContentError(
        `the manifest lists ${child.digest} with ${first.size} and with ${child.size} bytes`,
      )
    }
  }
  return [...children.values()]
}

function listed(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind === 'index') return manifest.manifests
  return manifest.config ? [manifest.config, ...manifest.layers] : manifest.layers
}
