import { isPublicAddress, sameOrigin } from './addresses.ts'
import type { Layer } from './http.ts'
import type { WireResponse } from './redirect.ts'

/** Whether the answer came over a connection to an internal address; false behind a proxy, where that is not known. */
export function isNearby({ remoteAddress }: WireResponse): boolean {
  return remoteAddress !== undefined && !isPublicAddress(remoteAddress)
}

/**
 * A server that was last reached at an internal address may name its neighbours: the storage of a company's registry is inside
 * the company, too. Any other stays held to public addresses (`publicOnly`, T3).
 * @param baseUrl of the one server whose connections count
 */
export function neighbours(baseUrl: string): Layer {
  let nearby = false
  let latest: string | undefined
  return next => async request => {
    const response: WireResponse = await next(nearby ? { ...request, publicOnly: undefined } : request)
    const { remoteAddress, url } = response
    // Of several addresses one may be public: the latest answer speaks for the server.
    if (remoteAddress !== undefined && remoteAddress !== latest && sameOrigin(url, baseUrl)) {
      nearby = isNearby(response)
      latest = remoteAddress
    }
    return response
  }
}
