import { InvalidContentError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import { formatReference, parseReference } from '../model/reference.ts'
import { nameOf } from './layout-index.ts'
import type { EntryNames } from './layout-source.ts'

/** Names of images as Docker has them, kept in full (`docker.io/library/nginx:1.27`) and shown as Docker shows them (`nginx:1.27`). */
export const dockerNames: EntryNames = {
  canonical: canonicalName,
  list: entries => [...new Set(entries.flatMap(entry => nameOf(entry) ?? []))].map(familiarName),
  find: (entries, name) => {
    const meant = name === '' ? undefined : canonicalName(name)
    const found = meant === undefined ? entries : entries.filter(entry => nameOf(entry) === meant)
    if (new Set(found.map(entry => entry.descriptor.digest)).size <= 1) return found[0]
    const names = dockerNames.list(entries)
    throw new InvalidContentError(`the archive holds ${names.length} images, and none is named`, {
      hint: `name one: ${listSome(names)}`,
    })
  },
}

/** `docker.io/library/nginx:latest` of `nginx`. @throws RegctlError REFERENCE_INVALID for what names no image by a tag */
export function canonicalName(text: string): string {
  const { digest: _digest, ...name } = parseReference(text)
  return formatReference(name)
}

/** `nginx:1.27` of `docker.io/library/nginx:1.27`. */
export function familiarName(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, '')
}
