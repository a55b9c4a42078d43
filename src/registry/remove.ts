import { discard } from '../http/body.ts'
import { RegctlError } from '../model/errors.ts'
import { isManifestType } from '../model/media-types.ts'
import type { Address, Options } from '../store/store.ts'
import { apiPath, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError, registryError } from './errors.ts'
import { contentHint, tagHint } from './removal-hints.ts'

/** What says that a registry wants a digest: distribution 2.8 with 400 DIGEST_INVALID, Harbor with 400 UNSUPPORTED, the Hub and GHCR with 405. */
const noTags: ReadonlySet<number> = new Set([400, 405, 501])
const noRemoval: ReadonlySet<number> = new Set([405, 501])

/**
 * Removes one tag and leaves its siblings; never falls back to deleting the digest, which would take them all (item 70, T28).
 * @throws RegctlError UNSUPPORTED where the registry cannot do that
 */
export async function removeTag(place: Repository, tag: string, options: Options): Promise<void> {
  try {
    await remove(place, ['manifests', tag], { what: `tag ${tag} in ${place.location}`, ...options })
  } catch (error) {
    if (!(error instanceof RegistryError) || !noTags.has(error.status)) throw error
    throw new RegctlError('UNSUPPORTED', `${place.registry.name} cannot remove a single tag`, {
      hint: tagHint(place),
      cause: error,
    })
  }
}

/** Removes a manifest, with every tag that names it, or a blob (items 71, 72). @throws RegctlError UNSUPPORTED where deletion is off */
export async function removeContent(
  place: Repository,
  { digest, mediaType }: Address,
  options: Options,
): Promise<void> {
  const kind = isManifestType(mediaType) ? 'manifest' : 'blob'
  try {
    await remove(place, [`${kind}s`, digest], { what: `${kind} ${digest} in ${place.location}`, ...options })
  } catch (error) {
    if (!(error instanceof RegistryError) || !noRemoval.has(error.status)) throw error
    throw new RegctlError(
      'UNSUPPORTED',
      `${place.registry.name} does not remove ${kind}s: ${place.location} stays as it is`,
      {
        hint: contentHint(place),
        cause: error,
      },
    )
  }
  if (kind === 'blob') place.registry.known.forget(digest, place.name)
}

async function remove(place: Repository, path: string[], { what, signal }: Options & { what: string }): Promise<void> {
  const response = await call(place.registry, {
    method: 'DELETE',
    url: apiPath(place.name, ...path),
    what,
    scopes: [place.scope('*')],
    signal,
    expect: [200, 202, 204, 404],
  })
  // Its answer was lost, and it was asked for again: it is gone, as was wanted.
  if (response.status === 404 && !response.mayBeDone)
    throw await registryError(response, { registry: place.registry.name, what })
  await discard(response)
}
