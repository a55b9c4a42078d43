import { discard } from '../http/body.ts'
import { RegctlError } from '../model/errors.ts'
import { isManifestType } from '../model/media-types.ts'
import type { Address, Options } from '../store/store.ts'
import { apiPath, call } from './call.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'

/**
 * Removes one tag and leaves its siblings; never falls back to deleting the digest, which would take them all (item 70, T28).
 * @throws RegctlError UNSUPPORTED where the registry cannot do that
 */
export async function removeTag(place: Repository, tag: string, options: Options): Promise<void> {
  try {
    await remove(place, ['manifests', tag], { what: `tag ${tag} in ${place.location}`, ...options })
  } catch (error) {
    // distribution 2.8 says 400 DIGEST_INVALID, Harbor 400 UNSUPPORTED, the Hub 405: it wants a digest there.
    if (!(error instanceof RegistryError) || (error.status !== 400 && error.status !== 405)) throw error
    throw new RegctlError('UNSUPPORTED', `${place.registry.name} cannot remove a single tag`, {
      hint: 'deleting by digest would remove every tag of that image',
      cause: error,
    })
  }
}

/** Removes a manifest, with every tag that names it, or a blob (items 71, 72). */
export async function removeContent(
  place: Repository,
  { digest, mediaType }: Address,
  options: Options,
): Promise<void> {
  const kind = isManifestType(mediaType) ? 'manifest' : 'blob'
  await remove(place, [`${kind}s`, digest], { what: `${kind} ${digest} in ${place.location}`, ...options })
  if (kind === 'blob') place.registry.known.forget(digest, place.name)
}

async function remove(place: Repository, path: string[], { what, signal }: Options & { what: string }): Promise<void> {
  const response = await call(place.registry, {
    method: 'DELETE',
    url: apiPath(place.name, ...path),
    what,
    scopes: [place.scope('*')],
    signal,
    expect: [200, 202, 204],
  })
  await discard(response)
}
