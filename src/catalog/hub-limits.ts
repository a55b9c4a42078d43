import { repositoryScope } from '../auth/scopes.ts'
import { discard } from '../http/body.ts'
import { parseQuota } from '../http/quota.ts'
import { mediaTypes } from '../model/media-types.ts'
import { apiPath, call } from '../registry/call.ts'
import type { Registry } from '../registry/endpoint.ts'
import type { Options } from '../store/store.ts'
import type { Limits } from './catalog.ts'

/** Docker's own image for asking: a HEAD of its manifest tells the quota and takes nothing from it (PROTOCOL 3.1). */
const probe = 'ratelimitpreview/test'

/** What Docker Hub still grants to this account, or to this address; nothing said means no limit. @throws RegctlError RATE_LIMITED */
export async function hubLimits(
  registry: Registry,
  username: () => Promise<string | undefined>,
  { signal }: Options,
): Promise<Limits> {
  const response = await call(registry, {
    method: 'HEAD',
    url: apiPath(probe, 'manifests', 'latest'),
    headers: { accept: [mediaTypes.ociIndex, mediaTypes.dockerList, mediaTypes.dockerManifest].join(', ') },
    scopes: [repositoryScope(probe, 'pull')],
    what: `quota of pulls at ${registry.name}`,
    expect: [200],
    signal,
  })
  await discard(response)
  const quota = parseQuota(response.headers)
  const source = response.headers['docker-ratelimit-source']
  return {
    registry: registry.name,
    limit: quota?.limit ?? null,
    remaining: quota?.remaining ?? null,
    windowSeconds: quota?.windowSeconds ?? null,
    source: typeof source === 'string' ? source : null,
    account: (await username()) ?? null,
  }
}
