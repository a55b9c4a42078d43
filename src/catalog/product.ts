import { type Challenge, parseChallenges } from '../auth/challenge.ts'
import { discard } from '../http/body.ts'
import type { Send } from '../http/http.ts'
import type { Product } from '../model/product.ts'
import type { Options } from '../store/store.ts'
import { contextsIn, findContext, saysNexus } from './nexus-context.ts'

export interface Probe extends Options {
  /** Of the registry, without a trailing slash. */
  baseUrl: string
  /** Without any login. */
  send: Send
}

/** What a host was found to be. */
export interface FoundProduct {
  product: Product
  /** Below which path Nexus serves its REST interface there; absent where it does not, as on the port of a connector. */
  context?: string
}

/**
 * Which product answers at `/v2/`, by what it says of itself there without a login: Harbor names its token service, Nexus itself in
 * `Server`, in its Basic realm, or, behind a proxy that hides that, by the status of its REST interface. One request, and for Nexus one to three more.
 */
export async function probeProduct(probe: Probe): Promise<FoundProduct> {
  const { baseUrl, send, signal } = probe
  const response = await send({ method: 'GET', url: `${baseUrl}/v2/`, signal })
  await discard(response)
  const challenges = parseChallenges(response.headers['www-authenticate'])
  if (challenges.some(isHarbor)) return { product: 'harbor' }
  const realms = challenges.map(({ parameters }) => parameters.get('realm') ?? '')
  const isNexus = saysNexus(response) || realms.some(realm => /^Sonatype Nexus/i.test(realm))
  if (!isNexus && !realms.some(realm => realm.endsWith('/v2/token'))) return { product: 'registry' }
  const context = await findContext(probe, { hints: contextsIn(realms, baseUrl), isNexus })
  if (context !== undefined) return { product: 'nexus', context }
  return { product: isNexus ? 'nexus' : 'registry' }
}

function isHarbor({ scheme, parameters }: Challenge): boolean {
  return parameters.get('service') === 'harbor-registry' || (scheme === 'basic' && parameters.get('realm') === 'harbor')
}
