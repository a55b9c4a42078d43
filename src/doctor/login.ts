import { type Challenge, parseChallenges } from '../auth/challenge.ts'
import { checkRealm } from '../auth/realm.ts'
import type { FoundCredential } from '../credentials/credentials.ts'
import { discard } from '../http/body.ts'
import { redactUrl } from '../http/redact.ts'
import { RegctlError } from '../model/errors.ts'
import { acceptManifests } from '../model/media-types.ts'
import { ask } from './api.ts'
import { failedBy, type Look } from './diagnosis.ts'
import type { Visit } from './visit.ts'

/** Which account a pull would use, and where it is kept; the secret stays where it is. */
export const credentialLook: Look = {
  name: 'credential',
  needs: ['name'],
  async take({ target, credentials, notes }) {
    const found = await credentials.get(target.registry, target.repository)
    notes.found = found
    if (!found) return { status: 'ok', summary: 'nobody is logged in: pulls are anonymous', details: { source: null } }
    const { credential, source } = found
    const username = credential.kind === 'password' ? credential.username : null
    return {
      status: 'ok',
      summary: `${nameOf(found)}, from: ${source}`,
      details: { username, kind: credential.kind, source },
    }
  },
}

/** How the registry wants to be convinced: by the request that a pull makes, whose challenge wins (2.1), and whether the login may go where it says (T2). */
export const challengeLook: Look = {
  name: 'challenge',
  needs: ['api', 'credential'],
  async take(visit) {
    const { target, notes } = visit
    const { status, headers, url } = await challengedAt(visit)
    const challenges = parseChallenges(headers['www-authenticate'])
    notes.challenges = challenges
    notes.challengedAt = url
    if (status !== 401)
      return { status: 'ok', summary: 'none: nobody has to log in for this', details: { challenges: [] } }
    const bearer = challenges.find(isBearer)
    const details = { challenges: challenges.map(shown) }
    if (bearer) return { status: 'ok', summary: describe(bearer, realmOf(visit, bearer)), details }
    if (challenges.some(({ scheme }) => scheme === 'basic'))
      return { status: 'ok', summary: 'Basic: name and password with each request', details }
    const named = challenges.map(({ scheme }) => scheme).join(', ')
    const message = `${target.registry} asks for a login${named ? ` by ${named}, which registries do not use` : ' and does not say how'}`
    const hint = 'a proxy or a login page may stand before the registry: check host, port and path'
    return failedBy(new RegctlError('UNSUPPORTED', message, { hint }), details)
  },
}

/** What a person can do who is known and may not. */
export function withoutRight({ target, notes }: Visit): string {
  const who = notes.found ? nameOf(notes.found) : 'who is not logged in'
  return `${who} may not pull ${target.registry}/${target.repository}, or it does not exist: ask its owner for the right, or log in as another: regctl login ${target.registry}`
}

async function challengedAt(visit: Visit) {
  const { target, notes, baseUrl } = visit
  const { api } = notes
  if (target.repository === undefined) return { ...api, headers: api?.headers ?? {}, url: `${baseUrl}/v2/` }
  const url = `/v2/${target.repository}/manifests/${target.digest ?? target.tag ?? 'latest'}`
  const response = await ask(visit, { method: 'HEAD', url, headers: { accept: acceptManifests } })
  await discard(response)
  // GCR's real requests are refused without a challenge; its `/v2/` has one (2.1).
  if (response.status === 401 && response.headers['www-authenticate'] === undefined && api)
    return { ...api, url: `${baseUrl}/v2/` }
  return { status: response.status, headers: response.headers, url: baseUrl + url }
}

/** Where tokens are to be had. @throws RegctlError REFUSED (T2) */
export function realmOf(visit: Visit, { parameters }: Challenge): string {
  const { registryUrl, trusted } = placeOf(visit)
  const hasSecret = visit.notes.found !== undefined && visit.notes.found.credential.kind !== 'registry'
  return checkRealm({ realm: parameters.get('realm') ?? '', registryUrl, hasSecret, trusted })
}

/** Who challenged us, and whom else it may send us to. */
export function placeOf({ notes, baseUrl, trustedRealms }: Visit) {
  return { registryUrl: notes.challengedAt ?? baseUrl, trusted: trustedRealms, nearby: notes.api?.nearby ?? false }
}

function describe({ parameters }: Challenge, realm: string): string {
  const service = parameters.get('service')
  return `Bearer: tokens of ${new URL(realm).host}${service === undefined ? '' : ` for ${service}`}`
}

/** A challenge that can be answered with a token. */
export function isBearer({ scheme, parameters }: Challenge): boolean {
  return scheme === 'bearer' && parameters.has('realm')
}

function shown({ scheme, parameters }: Challenge): Record<string, unknown> {
  const realm = parameters.get('realm')
  const [service, scope] = [parameters.get('service'), parameters.get('scope')]
  return {
    scheme,
    ...(realm !== undefined && { realm: scheme === 'bearer' ? redactUrl(realm) : realm }),
    ...(service !== undefined && { service }),
    ...(scope !== undefined && { scope }),
  }
}

/** Whose login it is. */
export function nameOf({ credential }: FoundCredential): string {
  return credential.kind === 'password' ? credential.username : 'a token'
}
