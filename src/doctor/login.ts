import { type Challenge, parseChallenges } from '../auth/challenge.ts'
import { basicHeader, bearerHeader } from '../auth/credential.ts'
import { checkRealm, isStrangersRealm } from '../auth/realm.ts'
import { coversScopes, mergeScopes, repositoryScope, scopesIn } from '../auth/scopes.ts'
import { fetchToken } from '../auth/token.ts'
import type { FoundCredential } from '../credentials/credentials.ts'
import { discard } from '../http/body.ts'
import { redactUrl } from '../http/redact.ts'
import { RegctlError } from '../model/errors.ts'
import { acceptManifests } from '../model/media-types.ts'
import { ask, refusal } from './api.ts'
import { readClaims } from './claims.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
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

/** What the registry or its token server makes of the login. */
export const tokenLook: Look = {
  name: 'token',
  needs: ['challenge'],
  async take(visit) {
    const { challenges = [], found } = visit.notes
    const bearer = challenges.find(isBearer)
    if (found?.credential.kind === 'registry') {
      visit.notes.authorization = bearerHeader(found.credential.token)
      return { status: 'ok', summary: `the token from ${found.source} is used as it is` }
    }
    if (bearer) return obtain(visit, bearer)
    if (challenges.length === 0) return { status: 'ok', summary: 'none is needed' }
    return showBasic(visit)
  },
}

async function obtain(visit: Visit, bearer: Challenge): Promise<Finding> {
  const { target, notes, now } = visit
  const service = bearer.parameters.get('service')
  const needed = target.repository === undefined ? [] : [repositoryScope(target.repository, ...actionsOf(visit))]
  const scopes = mergeScopes(needed, scopesIn(bearer.parameters.get('scope')))
  const realm = realmOf(visit, bearer)
  const asked = { scopes, service, realm: redactUrl(realm) }
  let value: string
  try {
    const token = await fetchToken(visit.send, {
      realm,
      registry: target.registry,
      service,
      scopes,
      credential: notes.found?.credential,
      publicOnly: isStrangersRealm(realm, placeOf(visit)),
      signal: visit.signal,
      now,
    })
    value = token.value
  } catch (error) {
    if (!(error instanceof RegctlError)) throw error
    return notGiven(visit, error, asked)
  }
  notes.authorization = bearerHeader(value)
  const claims = readClaims(value)
  const details = { ...asked, readable: claims !== undefined, ...claims }
  if (!claims?.granted)
    return {
      status: 'ok',
      summary: `given for ${scopes.join(' ') || 'no scope'}; what it grants cannot be read`,
      details,
    }
  notes.notGranted = !coversScopes(claims.granted, needed)
  const until = claims.expires === undefined ? '' : `, until ${claims.expires}`
  if (!notes.notGranted)
    return {
      status: 'ok',
      summary: `grants ${claims.granted.join(' ') || 'nothing, and nothing was asked for'}${until}`,
      details,
    }
  return {
    status: 'warning',
    summary: `asked for ${needed.join(' ')}, and granted ${claims.granted.join(' ') || 'nothing'}`,
    hint: withoutRight(visit),
    details,
  }
}

/** Without a repository and a login there may be no token, and nothing wrong. */
function notGiven({ target, notes }: Visit, error: RegctlError, details: Record<string, unknown>): Finding {
  const { found } = notes
  if (found && error.code === 'UNAUTHORIZED') {
    const hint = `log in anew: regctl login ${target.registry}; where two-factor login is on, the password is an access token`
    return { ...failedBy(error, details), summary: `${error.message}: ${nameOf(found)}, from ${found.source}`, hint }
  }
  if (target.repository === undefined && error.code === 'UNAUTHORIZED')
    return {
      status: 'warning',
      summary: error.message,
      hint: `log in with regctl login ${target.registry}, or name a repository`,
      details,
    }
  return failedBy(error, details)
}

/** The login is shown to the registry itself. */
async function showBasic(visit: Visit): Promise<Finding> {
  const { target, notes } = visit
  const header = basicHeader(notes.found?.credential)
  if (header === undefined) {
    const hint = `log in with: regctl login ${target.registry}`
    return failedBy(new RegctlError('UNAUTHORIZED', `${target.registry} wants a login, and there is none`, { hint }))
  }
  const response = await ask(visit, { method: 'GET', url: '/v2/', headers: { authorization: header } })
  const { found } = notes
  if (response.status === 401 && found) {
    const refused = { username: nameOf(found), source: found.source }
    const error = await refusal({ ...response, refused }, target.registry)
    return { ...failedBy(error), hint: `log in anew: regctl login ${target.registry}` }
  }
  await discard(response)
  notes.authorization = header
  return { status: 'ok', summary: `Basic: ${target.registry} takes the login of ${found ? nameOf(found) : 'nobody'}` }
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

/** @throws RegctlError REFUSED */
function realmOf(visit: Visit, { parameters }: Challenge): string {
  const { registryUrl, trusted } = placeOf(visit)
  const hasSecret = visit.notes.found !== undefined && visit.notes.found.credential.kind !== 'registry'
  return checkRealm({ realm: parameters.get('realm') ?? '', registryUrl, hasSecret, trusted })
}

function placeOf({ notes, baseUrl, trustedRealms }: Visit) {
  return { registryUrl: notes.challengedAt ?? baseUrl, trusted: trustedRealms, nearby: notes.api?.nearby ?? false }
}

function actionsOf({ writeProbe }: Visit): ('pull' | 'push')[] {
  return writeProbe ? ['pull', 'push'] : ['pull']
}

function describe({ parameters }: Challenge, realm: string): string {
  const service = parameters.get('service')
  return `Bearer: tokens of ${new URL(realm).host}${service === undefined ? '' : ` for ${service}`}`
}

function isBearer({ scheme, parameters }: Challenge): boolean {
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

function nameOf({ credential }: FoundCredential): string {
  return credential.kind === 'password' ? credential.username : 'a token'
}
