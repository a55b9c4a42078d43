import { parseChallenges } from '../auth/challenge.ts'
import { discard, readStart } from '../http/body.ts'
import type { HttpResponse, Send } from '../http/http.ts'
import type { Product } from '../model/product.ts'
import type { Options } from '../store/store.ts'

export interface Probe extends Options {
  /** Of the registry, without a trailing slash. */
  baseUrl: string
  /** Without any login. */
  send: Send
}

/**
 * Which product answers at `/v2/`, by what it says of itself there without a login: Harbor names its token service, Nexus itself in
 * `Server`, in its Basic realm, or, behind a proxy that hides that, by the status of its REST interface. One request, or two.
 */
export async function probeProduct({ baseUrl, send, signal }: Probe): Promise<Product> {
  const response = await send({ method: 'GET', url: `${baseUrl}/v2/`, signal })
  await discard(response)
  const challenges = parseChallenges(response.headers['www-authenticate'])
  const realms = challenges.map(({ parameters }) => parameters.get('realm') ?? '')
  const isHarbor = challenges.some(
    ({ scheme, parameters }) =>
      parameters.get('service') === 'harbor-registry' || (scheme === 'basic' && parameters.get('realm') === 'harbor'),
  )
  if (isHarbor) return 'harbor'
  if (saysNexus(response) || realms.some(realm => /^Sonatype Nexus/i.test(realm))) return 'nexus'
  if (!realms.some(realm => realm.endsWith('/v2/token'))) return 'registry'
  const status = await send({ method: 'GET', url: `${baseUrl}/service/rest/v1/status`, signal })
  const body = await readStart(status, 1024)
  // A web server that has a page for every address is no Nexus: its status is an answer without a body.
  return saysNexus(status) || (status.status === 200 && body.trim() === '') ? 'nexus' : 'registry'
}

function saysNexus({ headers }: HttpResponse): boolean {
  return /^Nexus\//i.test(String(headers.server ?? ''))
}
