import { formatReference, parseReference, parseRegistry, type Reference } from '../model/reference.ts'

/** A registry, and what is looked at there. */
export interface Target {
  registry: string
  repository?: string
  tag?: string
  digest?: Reference['digest']
  /** As it was understood. */
  text: string
  /** One word that may have been meant as a host, and was read as an image of Docker Hub. */
  word?: string
}

/**
 * Reads `REGISTRY[/REPOSITORY[:TAG][@DIGEST]]`. What stands alone is a registry when it has a dot, a port or `localhost`, or `http(s)://` before
 * it, and else, as for docker, an image of Docker Hub. @throws RegctlError REFERENCE_INVALID
 */
export function parseTarget(text: string): Target {
  const isAlone = !text
    .replace(/^(?:https?|docker):\/\//i, '')
    .replace(/\/+$/, '')
    .includes('/')
  if (/^https?:\/\//i.test(text) || (isAlone && isHost(text.replace(/\/$/, '')))) {
    const registry = parseRegistry(text)
    const path = text.replace(/^https?:\/\/[^/]*\/*/i, '')
    // `https://registry.example/v2/` is the API's own root, `https://registry.example/team/app` an address out of a browser.
    if (isAlone || !/^https?:/i.test(text) || /^v[12]\/?$/.test(path)) return { registry, text: registry }
    return imageAt(`${registry}/${path}`)
  }
  const image = imageAt(text)
  return isAlone && /^[a-z0-9-]+$/.test(text) ? { ...image, word: text } : image
}

function imageAt(text: string): Target {
  const { registry, repository, tag, digest } = parseReference(text, { defaultTag: false })
  const name: Target = { registry, repository, text: '' }
  if (tag !== undefined) name.tag = tag
  if (digest !== undefined) name.digest = digest
  return { ...name, text: formatReference({ ...name, repository }) }
}

function isHost(text: string): boolean {
  return /^localhost(?::\d+)?$|^[^:]*\.|^\[|:\d+$/i.test(text)
}
