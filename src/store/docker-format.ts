import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { encodedOf } from '../model/digest.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { isAttestation } from '../model/platform.ts'
import { blobName } from './archive-contents.ts'
import { type ArchiveFormat, layoutFrame } from './archive-format.ts'
import { admitToDocker, isAttestationManifest } from './docker-admit.ts'
import { dockerContents } from './docker-contents.ts'
import { imageName } from './docker-layout.ts'
import { dockerNames, familiarName } from './docker-names.ts'
import { type Entry, nameOf, refName } from './layout-index.ts'
import { readManifest } from './read.ts'
import type { Options, Source } from './store.ts'

/**
 * `docker-archive:`: what `docker save` writes since version 25, an image layout with a `manifest.json` that points into it, so that every
 * `docker load` finds what it knows. Layers are as they came, compressed or not, and manifests are kept: digests survive.
 */
export const dockerFormat: ArchiveFormat = {
  scheme: 'docker-archive',
  names: dockerNames,
  contents: dockerContents,
  admit: admitToDocker,
  frame: async (index, source, options) => {
    const saved = await savedImages(index.entries, source, options)
    const entries = index.entries.map(named)
    return new Map([
      ...layoutFrame({ ...index, entries }),
      ['manifest.json', json(saved.map(({ manifest, names }) => savedImage(manifest, names)))],
      ['repositories', json(repositories(saved))],
    ])
  },
}

interface Saved {
  manifest: ImageManifest
  /** In full. */
  names: string[]
}

/** Each image once, with all of its names. */
async function savedImages(
  entries: readonly Entry[],
  source: Source,
  options: Options = {},
): Promise<readonly Saved[]> {
  const saved = new Map<Digest, Saved>()
  for (const entry of entries) {
    const found = await imageAt(entry.descriptor, source, options)
    if (!found) continue
    const { descriptor, manifest } = found
    const { names } = saved.get(descriptor.digest) ?? { names: [] }
    const name = nameOf(entry)
    saved.set(descriptor.digest, { manifest, names: name === undefined ? names : [...names, name] })
  }
  return [...saved.values()]
}

async function imageAt(
  descriptor: Descriptor,
  source: Source,
  options: Options,
): Promise<{ descriptor: Descriptor; manifest: ImageManifest } | undefined> {
  const manifest = await readManifest(source, descriptor, options)
  if (manifest.kind === 'image') return isAttestationManifest(manifest) ? undefined : { descriptor, manifest }
  const image = manifest.manifests.find(entry => !isAttestation(entry))
  return image && imageAt(image, source, options)
}

/** Podman takes a short name for one of its own; Docker takes the full one for the same. */
function savedImage({ config, layers }: ImageManifest, names: readonly string[]): object {
  return {
    Config: config && blobName(config.digest),
    RepoTags: names.length > 0 ? names : null,
    Layers: layers.map(layer => blobName(layer.digest)),
  }
}

/** For Docker before 1.10, and those who still look for it. */
function repositories(saved: readonly Saved[]): object {
  const found: Record<string, Record<string, string>> = Object.create(null)
  for (const { manifest, names } of saved) {
    const top = manifest.layers.at(-1)
    for (const name of names.map(familiarName)) {
      const colon = name.lastIndexOf(':')
      const tags = { ...found[name.slice(0, colon)], [name.slice(colon + 1)]: top ? encodedOf(top.digest) : '' }
      found[name.slice(0, colon)] = tags
    }
  }
  return found
}

/** As Docker names an entry: in full for containerd, and by its tag. */
function named(entry: Entry): Entry {
  const name = nameOf(entry)
  if (name === undefined) return entry
  const annotations = {
    ...entry.descriptor.annotations,
    [imageName]: name,
    [refName]: name.slice(name.lastIndexOf(':') + 1),
  }
  return { raw: { ...entry.raw, annotations }, descriptor: { ...entry.descriptor, annotations } }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
