import type { MirrorSettings } from '../config/hosts.ts'
import { RegctlError } from '../model/errors.ts'
import { isRepository } from '../model/reference.ts'

/** One repository as one mirror has it. */
export interface MirrorPlace {
  /** As a person knows it: `https://mirror.example`. */
  name: string
  /** What stands before `/v2/`, without a slash at its end. */
  baseUrl: string
  /** `host[:port]` */
  host: string
  /** As the mirror calls it: `library/nginx`, or `proxy/library/nginx`. */
  repository: string
  /** It may say what a tag names (T27). */
  resolve: boolean
  /** It is shown the login that is stored for its own host. */
  ownLogin: boolean
  /** The value of `?ns=`; absent: not sent. */
  ns?: string
  tls?: MirrorTls
}

/** What an engine's configuration says of a mirror's TLS. */
export interface MirrorTls {
  insecure?: boolean
  caFile?: string
  certFile?: string
  keyFile?: string
}

/** Which repository is to be read. */
export interface Wanted {
  /** `docker.io` */
  registry: string
  /** `library/nginx` */
  repository: string
}

/**
 * A mirror's address as dockerd takes it (PROTOCOL 4.1): http or https, a path perhaps, and neither user, query nor fragment. The answer is
 * normal: lower-case host, no default port, no slash at its end, so that two spellings of one mirror are one.
 * @throws RegctlError CONFIG_INVALID; a password in the address is not repeated
 */
export function parseMirrorUrl(text: string): string {
  const refuse = (problem: string, hint: string) =>
    new RegctlError('CONFIG_INVALID', `${JSON.stringify(withoutSecrets(text))} is not a mirror's address: ${problem}`, {
      hint,
    })
  const example = 'give https://HOST[:PORT][/PATH]'
  if (!/^https?:\/\/[^/]/i.test(text)) throw refuse('it does not begin with https:// or http://', example)
  // A URL parser would pass over these, and dockerd would not.
  if (!/^[^\s\\<>"^`{|}\p{Cc}]*$/u.test(text)) throw refuse('it has characters that no address has', example)
  if (!URL.canParse(text)) throw refuse('its host or port is not valid', example)
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || text.split('/', 3).join('/').includes('@'))
    throw refuse('it has a user name in it', 'the file can be read by everybody: use regctl login, and "auth": "own"')
  if (/[?#]/.test(text)) throw refuse('it has a query or a fragment', example)
  const parts = text.split('/').slice(3).join('/').replace(/\/+$/, '').split('/')
  if (parts.length > 1 || parts[0] !== '')
    for (const part of parts)
      if (/^\.{0,2}$|%/.test(part)) throw refuse('its path has empty parts, dots or escapes', example)
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`
}

/** The repository as a mirror of our own configuration, or of Docker's, has it. @throws RegctlError CONFIG_INVALID */
export function mirrorPlace(settings: MirrorSettings, { registry, repository }: Wanted): MirrorPlace {
  const { url, resolve = false, auth, ns = false } = settings
  const name = parseMirrorUrl(url)
  const baseUrl = name.replace(/\/v2$/, '')
  return {
    name,
    baseUrl,
    host: new URL(name).host,
    repository,
    resolve,
    ownLogin: auth === 'own',
    ...(ns && { ns: registry }),
  }
}

/** @throws RegctlError CONFIG_INVALID for a path that cannot be part of a repository's name (T18) */
export function repositoryBelow(path: string, repository: string): string {
  const whole = [...path.split('/'), ...repository.split('/')].filter(part => part !== '').join('/')
  if (isRepository(whole)) return whole
  throw new RegctlError('CONFIG_INVALID', `${JSON.stringify(path)} cannot stand before ${repository}`)
}

/** Nobody may see a password because it stood in the wrong place (T15). */
export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@').slice(0, 200)
}
