import { RegctlError } from '../model/errors.ts'
import { isRepository } from '../model/reference.ts'
import type { Api } from './api.ts'
import { isContext } from './nexus-context.ts'

/** The REST interface of a Nexus, and whose images the registry has. */
export interface NexusApi extends Api {
  /** The one Nexus repository behind a connector; absent: the first part of an image's path names it. */
  repository?: string
}

/**
 * An address of the configuration: `https://nexus.example/nexus`, or that of a repository as Nexus shows it,
 * `https://nexus.example/nexus/repository/docker-hosted`.
 * @throws RegctlError CONFIG_INVALID
 */
export function parseNexusAddress(text: string): { baseUrl: string; repository?: string } {
  const { origin, pathname } = new URL(text)
  const [, context = '', name] = /^(.*?)(?:\/repository\/([^/]+))?\/*$/.exec(pathname) ?? []
  if ((context === '' || isContext(context)) && (name === undefined || /^[A-Za-z0-9._-]{1,255}$/.test(name))) {
    return { baseUrl: origin + context, ...(name !== undefined && { repository: name }) }
  }
  throw new RegctlError('CONFIG_INVALID', `${text} is no address of a Nexus`, {
    hint: 'give https://HOST[:PORT][/CONTEXT], or with /repository/NAME behind it, as Nexus shows it',
  })
}

/** Which Nexus repository has an image of the registry, and under which name: `docker-hosted/team/app` is `team/app` in `docker-hosted`. */
export function placeOf(api: NexusApi, name: string): { repository: string; image: string } | undefined {
  if (!isRepository(name)) return undefined
  if (api.repository !== undefined) return { repository: api.repository, image: name }
  const slash = name.indexOf('/')
  return slash < 1 ? undefined : { repository: name.slice(0, slash), image: name.slice(slash + 1) }
}

/** How the registry calls an image; `undefined` where it does not have it. */
export function nameOf(api: NexusApi, { repository, name }: { repository: string; name: string }): string | undefined {
  const full = api.repository === undefined ? `${repository}/${name}` : name
  return isRepository(full) ? full : undefined
}
