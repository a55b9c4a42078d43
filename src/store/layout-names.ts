import type { Descriptor } from '../model/descriptor.ts'
import { InvalidContentError } from '../model/errors.ts'
import { type Entry, nameOf } from './layout-index.ts'

/**
 * What a name means in a layout: the entry with just this name; else the one with a full name that ends in this tag
 * (podman and crane write `docker.io/library/x:1`). With no name asked for, `latest`, or else the only image there is;
 * asked for `latest`, also the only entry of a layout without any name (`docker buildx -o type=oci`, `crane pull`).
 * @throws InvalidContentError when that is several images.
 */
export function entryNamed(entries: readonly Entry[], name: string): Entry | undefined {
  if (name === '') return entryNamed(entries, 'latest') ?? only(namedOrAll(entries), '')
  const exact = entries.filter(entry => nameOf(entry) === name)
  if (exact.length > 0) return only(exact, name)
  const short = entries.filter(entry => tagPart(nameOf(entry)) === name)
  if (short.length > 0) return only(short, name)
  const isNameless = entries.every(entry => nameOf(entry) === undefined)
  return name === 'latest' && isNameless && entries.length === 1 ? entries[0] : undefined
}

/** In the order of `index.json`: a full name by its tag, where no other name has the same one. */
export function tagsOf(entries: readonly Entry[]): readonly string[] {
  const names = [...new Set(entries.map(nameOf).filter(name => name !== undefined))]
  const count = new Map<string, number>()
  for (const name of names) {
    const short = tagPart(name) ?? name
    count.set(short, (count.get(short) ?? 0) + 1)
  }
  return names.map(name => {
    const short = tagPart(name)
    return short !== undefined && count.get(short) === 1 ? short : name
  })
}

/** `1` of `docker.io/library/x:1`; nothing of a plain tag, nor of a name that ends in a port or a digest. */
function tagPart(name: string | undefined): string | undefined {
  return name?.match(/^[^@]+:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/)?.[1]
}

function namedOrAll(entries: readonly Entry[]): readonly Entry[] {
  const named = entries.filter(entry => nameOf(entry) !== undefined)
  return named.length > 0 ? named : entries
}

function only(entries: readonly Entry[], name: string): Entry | undefined {
  const digests = new Set(entries.map((entry): Descriptor['digest'] => entry.descriptor.digest))
  if (digests.size <= 1) return entries[0]
  const names = tagsOf(entries).slice(0, 10).join(', ')
  const asked = name === '' ? 'no name' : JSON.stringify(name)
  throw new InvalidContentError(`${asked} could mean ${digests.size} images of this layout`, {
    hint: `name one by its digest${names && ` or its full name: ${names}`}`,
  })
}
