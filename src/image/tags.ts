import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { concernsOne, type FailureWords, isNotFound, wordsOf } from '../model/errors.ts'
import { mapInTurns } from '../model/in-turns.ts'
import { formatPlatform } from '../model/platform.ts'
import { isTag } from '../model/reference.ts'
import { readManifest } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'
import { readImageConfig } from './config.ts'
import { sizeOf } from './inspect.ts'
import { describePlatforms } from './platforms.ts'

/** A tag, and with `--long` what it names. */
export interface TagSummary {
  name: string
  digest?: Digest
  mediaType?: string
  /** Bytes over all platforms, each digest once. */
  size?: number
  /** `linux/arm64/v8`, without attestations. */
  platforms?: string[]
  created?: string | null
  /** When the tag was last pushed and pulled, RFC 3339, where the registry's product tells it. */
  pushed?: string
  pulled?: string
  /** Why nothing else is known. */
  error?: FailureWords
}

/** Whether a name from a list may be asked for: a tag, or where images are named in full any name (T18). */
export function mayBeAsked(source: Source, name: string): boolean {
  return isTag(name) || source.hasImageNames === true
}

/**
 * What each tag names, a few tags at a time; images that several tags share are read once. A tag that vanished meanwhile
 * keeps only its name, and so does a name that is no tag and may not be asked for (T18); one that cannot be read has an `error`.
 * @throws RegctlError for what speaks of the whole registry: UNREACHABLE, UNAUTHORIZED, RATE_LIMITED …
 */
export async function describeTags(source: Source, names: readonly string[], options: Options): Promise<TagSummary[]> {
  const known = new Map<Digest, Promise<Omit<TagSummary, 'name'>>>()
  return mapInTurns(names, async name => {
    if (!mayBeAsked(source, name)) return { name }
    try {
      const root = await source.resolve(name, options)
      const described = known.get(root.digest) ?? describe(root)
      known.set(root.digest, described)
      return { name, ...(await described) }
    } catch (error) {
      if (isNotFound(error)) return { name }
      if (!concernsOne(error) || options.signal?.aborted) throw error
      return { name, error: wordsOf(error) }
    }
  })

  async function describe(root: Descriptor): Promise<Omit<TagSummary, 'name'>> {
    const manifest = await readManifest(source, root, options)
    const common = { digest: root.digest, mediaType: manifest.mediaType }
    if (manifest.kind === 'image') {
      const config = manifest.config && (await readImageConfig(source, manifest.config, options))
      const platform =
        config?.os && config.architecture
          ? [{ os: config.os, architecture: config.architecture, ...(config.variant && { variant: config.variant }) }]
          : []
      return {
        ...common,
        size: sizeOf(manifest),
        platforms: platform.map(formatPlatform),
        created: config?.created ?? null,
      }
    }
    const { platforms, size } = await describePlatforms(source, manifest, options)
    const images = platforms.filter(({ attests }) => attests === undefined)
    const created = images.flatMap(image => image.created ?? []).sort()
    return { ...common, size, platforms: images.map(({ platform }) => platform), created: created.at(-1) ?? null }
  }
}
