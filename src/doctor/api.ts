import { discard, readStart } from '../http/body.ts'
import type { HttpRequest, HttpResponse } from '../http/http.ts'
import { resolveLocation } from '../http/location.ts'
import { isNearby } from '../http/neighbours.ts'
import { httpsWanted, isWebPage } from '../http/wrong-server.ts'
import { RegctlError } from '../model/errors.ts'
import { registryError, webPageError } from '../registry/errors.ts'
import { speaksTls } from './certificate.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
import type { Visit } from './visit.ts'

const maxBody = 64 * 1024
/** So many times as long as a connection may take. */
const patience = 3

/** Whether a registry answers at all, and over which of HTTP and HTTPS: `/v2/`, which says 200 or asks for a login (1.2). */
export const apiLook: Look = {
  name: 'api',
  needs: ['tls'],
  async take(visit) {
    const askedAt = visit.now()
    const response = await firstAnswer(visit)
    const { status, headers } = response
    visit.notes.api = { status, headers, nearby: isNearby(response), askedAt, answeredAt: visit.now() }
    const version = headers['docker-distribution-api-version']
    const details = {
      status,
      ...(version !== undefined && { version }),
      ...(headers.server && { server: headers.server }),
    }
    if (status >= 300 && status < 400) return redirected(visit, response)
    const { registry } = visit.target
    if (status !== 200 && status !== 401) return failedBy(await refusal(response, registry), details)
    const body = await readStart(response, maxBody)
    if (status === 200 && isWebPage(response, body)) return failedBy(webPageError(registry, 'API'), details)
    const says = status === 200 ? 'lets everybody in' : 'asks for a login'
    const named = version === undefined ? '' : ` (${version})`
    return { status: 'ok', summary: `${registry} answers as a registry${named} and ${says}`, details }
  },
}

/** Go says what is wrong when it is spoken to in plain HTTP on a port for HTTPS; Node, Java and HAProxy hang up. */
async function firstAnswer(visit: Visit): Promise<HttpResponse> {
  try {
    return await answerInTime(visit)
  } catch (error) {
    if (!visit.baseUrl.startsWith('http:') || !(error instanceof RegctlError) || !(await speaksTls(visit))) throw error
    const { message, hint } = httpsWanted(visit.target.registry)
    throw new RegctlError('TLS_FAILED', message, { hint, cause: error })
  }
}

/** A pull waits longer; who wants to know why it hangs need not. @throws RegctlError STALLED */
async function answerInTime(visit: Visit): Promise<HttpResponse> {
  const { connectTimeout, signal, target } = visit
  const late = AbortSignal.timeout(patience * connectTimeout)
  try {
    return await ask(
      { ...visit, signal: signal ? AbortSignal.any([signal, late]) : late },
      { method: 'GET', url: '/v2/' },
    )
  } catch (error) {
    if (!late.aborted || signal?.aborted) throw error
    const seconds = Math.round(patience * connectTimeout) / 1000
    throw new RegctlError(
      'STALLED',
      `${target.registry} takes the connection and did not answer for ${seconds} seconds`,
      {
        hint: 'something else may listen there, or it is too busy: check the port, and ask whoever runs it',
        cause: error,
      },
    )
  }
}

/** How far this machine's clock is from the registry's: tokens and certificates end by it. */
export const clockLook: Look = {
  name: 'clock',
  needs: ['api'],
  async take({ notes: { api } }) {
    const there = Date.parse(api?.headers.date ?? '')
    if (!api || Number.isNaN(there)) return { status: 'skipped', summary: 'the registry does not tell its time' }
    // To the second it told; the answer was on its way for a while.
    const seconds = Math.round(((api.askedAt + api.answeredAt) / 2 - there) / 1000)
    const details = { seconds }
    if (Math.abs(seconds) <= mostSeconds) return { status: 'ok', summary: 'agrees with that of the registry', details }
    const side = seconds > 0 ? 'ahead of' : 'behind'
    return {
      status: 'warning',
      summary: `this machine is ${Math.abs(seconds)} seconds ${side} the registry`,
      hint: 'set the clock (timedatectl set-ntp true): tokens and certificates are judged by it',
      details,
    }
  },
}

const mostSeconds = 60

/** Sends one request; a path is one of the registry. With what the looks before found to show, unless it says `bare`. */
export function ask(
  visit: Visit,
  { bare = false, ...request }: HttpRequest & { bare?: boolean },
): Promise<HttpResponse> {
  const { authorization } = visit.notes
  const headers = { ...request.headers, ...(authorization !== undefined && !bare && { authorization }) }
  const url = request.url.startsWith('/') ? visit.baseUrl + request.url : request.url
  return visit.send({ ...request, url, headers, signal: visit.signal })
}

const ownApi = 'its API'

/** A refusal in the registry's words; for how long it wants to be left alone is said too. */
export async function refusal(response: HttpResponse, registry: string, what = ownApi): Promise<RegctlError> {
  const error = await registryError(response, { registry, what })
  if (error.code === 'NOT_FOUND' && what === ownApi) {
    const hint = error.hint ?? `${registry} may not be a registry: check host and port`
    return new RegctlError('NOT_FOUND', `there is no registry's API at ${registry} (/v2/ is ${response.status})`, {
      hint,
    })
  }
  if (error.code !== 'RATE_LIMITED') return error
  const wait = response.headers['retry-after']
  const message = `${registry} limits requests (${what})`
  const hint = `${wait === undefined ? 'wait' : `wait ${/^\d+$/.test(wait) ? `${wait} seconds` : `until ${wait}`}`}, or log in: accounts have higher limits`
  return new RegctlError('RATE_LIMITED', message, { hint })
}

async function redirected({ target, baseUrl }: Visit, response: HttpResponse): Promise<Finding> {
  const { status, headers } = response
  await discard(response)
  const to = resolveLocation(headers.location ?? '', baseUrl)
  const there = to === undefined ? undefined : new URL(to)
  const details = { status, ...(there && { to: there.host }) }
  const { registry } = target
  if (there?.protocol === 'https:' && baseUrl.startsWith('http:')) {
    const hint = `leave out --plain-http ${registry}; the name in pulls is ${there.host}`
    return failedBy(
      new RegctlError('TLS_FAILED', `${registry} wants HTTPS, and was spoken to in plain HTTP`, { hint }),
      details,
    )
  }
  const hint = `${registry} may not be a registry: check host and port`
  const where = there ? ` to ${there.host}` : ''
  return failedBy(
    new RegctlError('NOT_FOUND', `${registry} sends us on${where} instead of answering`, { hint }),
    details,
  )
}
