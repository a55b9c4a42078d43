import { hubRegistry } from '../model/reference.ts'
import type { Repository } from './endpoint.ts'

/** Where a product removes things that does not do so by the protocol; `undefined` for hosts that say nothing of their product. */
function elsewhere({ registry: { name }, name: repository }: Repository): string | undefined {
  if (name === 'ghcr.io') {
    const [owner] = repository.split('/')
    return `GitHub removes versions of a package only on its own pages, https://github.com/${owner}?tab=packages, or by its API: gh api -X DELETE /users/${owner}/packages/container/…/versions/…`
  }
  if (name === hubRegistry) {
    return `Docker Hub removes tags on https://hub.docker.com/r/${repository}/tags, and by its own API for a login with a password or a token that may delete`
  }
  return undefined
}

/** What to do where a registry refuses to remove one tag. */
export function tagHint(place: Repository): string {
  return (
    elsewhere(place) ??
    'removing by digest would take every other tag of that image along; --dummy-manifest removes one tag by putting another manifest in its place first'
  )
}

/** What to do where a registry refuses to remove manifests or blobs at all. */
export function contentHint(place: Repository): string {
  return (
    elsewhere(place) ??
    "docker's registry is to be started with REGISTRY_STORAGE_DELETE_ENABLED=true; of others the documentation tells"
  )
}
