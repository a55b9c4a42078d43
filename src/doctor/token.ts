import type { Challenge } from '../auth/challenge.ts'
import { basicHeader, bearerHeader } from '../auth/credential.ts'
import { isStrangersRealm } from '../auth/realm.ts'
import { coversScopes, mergeScopes, repositoryScope, scopesIn } from '../auth/scopes.ts'
import { fetchToken } from '../auth/token.ts'
import type { Credential } from '../credentials/credentials.ts'
import { discard } from '../http/body.ts'
import { redactUrl } from '../http/redact.ts'
import { RegctlError } from '../model/errors.ts'
import { ask, refusal } from './api.ts'
import { type Claims, readClaims } from './claims.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
import { isBearer, nameOf, placeOf, realmOf, withoutRight } from './login.ts'
import type { Visit } from './visit.ts'

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
    if (bearer) return obtain(visit, planOf(visit, bearer))
    if (challenges.length === 0) return { status: 'ok', summary: 'none is needed' }
    return showBasic(visit)
  },
}

/** What is asked of a token server. */
interface Plan {
  realm: string
  service: string | undefined
  /** What the look at an image needs. */
  needed: string[]
  /** That, and what the challenge names. */
  scopes: string[]
}

function planOf(visit: Visit, bearer: Challenge): Plan {
  const { target, writeProbe } = visit
  const actions = writeProbe ? (['pull', 'push'] as const) : (['pull'] as const)
  const needed = target.repository === undefined ? [] : [repositoryScope(target.repository, ...actions)]
  const scopes = mergeScopes(needed, scopesIn(bearer.parameters.get('scope')))
  return { realm: realmOf(visit, bearer), service: bearer.parameters.get('service'), needed, scopes }
}

async function obtain(visit: Visit, plan: Plan): Promise<Finding> {
  const { realm, service, scopes, needed } = plan
  const asked = { scopes, service, realm: redactUrl(realm) }
  let claims: Claims | undefined
  try {
    claims = await take(visit, plan, visit.notes.found?.credential)
  } catch (error) {
    if (!(error instanceof RegctlError)) throw error
    return notGiven(visit, { error, plan, details: asked })
  }
  const details = { ...asked, readable: claims !== undefined, ...claims }
  if (!claims?.granted) {
    const what = scopes.join(' ') || 'no scope'
    return { status: 'ok', summary: `given for ${what}; what it grants cannot be read`, details }
  }
  visit.notes.notGranted = !coversScopes(claims.granted, needed)
  const granted = claims.granted.join(' ') || 'nothing'
  if (visit.notes.notGranted) {
    const summary = `asked for ${needed.join(' ')}, and granted ${granted}`
    return { status: 'warning', summary, hint: withoutRight(visit), details }
  }
  const until = claims.expires === undefined ? '' : `, until ${claims.expires}`
  return { status: 'ok', summary: `grants ${granted}${until}`, details }
}

/** Gets a token and keeps it for the looks behind this one; what it says of itself comes back. @throws RegctlError of `fetchToken` */
async function take(visit: Visit, plan: Plan, credential: Credential | undefined): Promise<Claims | undefined> {
  const { realm, service, scopes } = plan
  const { value } = await fetchToken(visit.send, {
    realm,
    registry: visit.target.registry,
    service,
    scopes,
    credential,
    publicOnly: isStrangersRealm(realm, placeOf(visit)),
    signal: visit.signal,
    now: visit.now,
  })
  visit.notes.authorization = bearerHeader(value)
  return readClaims(value)
}

/** Without a repository and a login there may be no token, and nothing wrong; and a wrong login keeps nobody from what is public. */
async function notGiven(
  visit: Visit,
  { error, plan, details }: { error: RegctlError; plan: Plan; details: Record<string, unknown> },
): Promise<Finding> {
  const { registry, repository } = visit.target
  const { found } = visit.notes
  if (error.code !== 'UNAUTHORIZED') return failedBy(error, details)
  if (found) {
    const hint = `log in anew: regctl login ${registry}; where two-factor login is on, the password is an access token`
    const summary = `${error.message}: ${nameOf(found)}, from ${found.source}`
    if (!(await isPublic(visit, plan))) return { ...failedBy(error, details), summary, hint }
    return { status: 'warning', summary: `${summary}; what is public can be read without it`, hint, details }
  }
  if (repository !== undefined) return failedBy(error, details)
  const hint = `log in with regctl login ${registry}, or name a repository`
  return { status: 'warning', summary: error.message, hint, details }
}

/** As in a pull, which goes on without a login that is refused. */
async function isPublic(visit: Visit, plan: Plan): Promise<boolean> {
  try {
    const claims = await take(visit, plan, undefined)
    if (plan.needed.length > 0 && claims?.granted && coversScopes(claims.granted, plan.needed)) return true
  } catch (error) {
    if (!(error instanceof RegctlError)) throw error
  }
  visit.notes.authorization = undefined
  return false
}

/** The login is shown to the registry itself. */
async function showBasic(visit: Visit): Promise<Finding> {
  const { target, notes } = visit
  const { found } = notes
  const header = basicHeader(found?.credential)
  if (header === undefined || !found) {
    const hint = `log in with: regctl login ${target.registry}`
    return failedBy(new RegctlError('UNAUTHORIZED', `${target.registry} wants a login, and there is none`, { hint }))
  }
  const response = await ask(visit, { method: 'GET', url: '/v2/', headers: { authorization: header } })
  if (response.status === 401) {
    const refused = { username: nameOf(found), source: found.source }
    const error = await refusal({ ...response, refused }, target.registry)
    return { ...failedBy(error), hint: `log in anew: regctl login ${target.registry}` }
  }
  await discard(response)
  notes.authorization = header
  return { status: 'ok', summary: `Basic: ${target.registry} takes the login of ${nameOf(found)}` }
}
